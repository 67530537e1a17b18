"""Options of an API: its callers, and the shape of its errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask import current_app

EXTENSION = "hotroute.api"
"""Key of `app.extensions`."""

Access = Literal["anyone", "optional", "required"]
"""Whether an operation ignores the caller, serves each one's view, or needs one."""

Errors = Mapping[str, list[str]]
"""Messages by field, and under `body` where there is no field."""


def identify_nobody(access: Access) -> Any:
    """Refuse an operation that needs a caller.

    Raises:
        LookupError: `access` is not "anyone".
    """
    raise LookupError(f'access="{access}" needs ApiOptions(identify_caller=...), a function that returns who asks')


def build_error(errors: Errors) -> Any:
    return {"errors": errors}


@dataclass(frozen=True, slots=True)
class ApiOptions:
    """Options of an API.

    Attributes:
        identify_caller: returns the `viewer` of an operation by its `access`, or raises `errors.Unauthorized`.
        challenge: a 401's `WWW-Authenticate` (RFC 9110, section 11.6.1), such as 'Bearer realm="shop"'.
        build_error: returns what an error's body is to be, from messages by field.
    """

    identify_caller: Callable[[Access], Any] = identify_nobody
    challenge: str = "Bearer"
    build_error: Callable[[Errors], Any] = build_error


def get_options() -> ApiOptions:
    found: ApiOptions = current_app.extensions[EXTENSION]
    return found
