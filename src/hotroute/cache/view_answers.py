"""Values that are a view's answer: whether they may be kept at all, and which request fields they vary on."""

import re
from collections.abc import Iterator
from typing import Any

from werkzeug import Response
from werkzeug.datastructures import Headers, ResponseCacheControl
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_cache_control_header

OF_CONDITIONS = frozenset({206, 304, 412, 416})
"""Statuses that answer the conditions and ranges of one request."""

STATUS = re.compile(r"(\d{3})(\s|$)")


def is_storable(value: Any) -> bool:
    """Return whether nothing in the value forbids it: no error, part, cookie or stream, and no word that says so."""
    if isinstance(value, HTTPException):
        return False
    if isinstance(value, Response) and (value.is_streamed or value.direct_passthrough):
        return False
    return all(allows(status, headers) for status, headers in described(value))


def varied_fields(value: Any) -> list[str]:
    """Return the names of the request fields that the answer varies on, in lower case; a coding varies by itself."""
    names = {name for _, headers in described(value) for name in listed(headers, "Vary")}
    is_encoded = any(listed(headers, "Content-Encoding") - {"identity"} for _, headers in described(value))
    return sorted(names | {"accept-encoding"} if is_encoded else names)


def described(value: Any) -> Iterator[tuple[int, Headers]]:
    """Yield status and fields, as far as the value is a view's answer (Flask's documentation, "About Responses")."""
    if isinstance(value, Response):
        yield value.status_code, value.headers
    elif type(value) is tuple and len(value) in (2, 3):
        yield from described(value[0])
        yield status_of(value[1:]), fields_of(value[1:])


def status_of(rest: tuple[Any, ...]) -> int:
    for part in rest:
        if isinstance(part, int):
            return int(part)
        if isinstance(part, str) and (said := STATUS.match(part)):
            return int(said[1])
    return 200


def fields_of(rest: tuple[Any, ...]) -> Headers:
    try:
        return Headers(next((part for part in rest if isinstance(part, dict | Headers | list | tuple)), None))
    except (TypeError, ValueError):
        return Headers()


def allows(status: int, headers: Headers) -> bool:
    said = ", ".join(headers.getlist("Cache-Control")).lower()
    control = parse_cache_control_header(said, cls=ResponseCacheControl)
    is_forbidden = control.no_store or control.private is not None or "*" in listed(headers, "Vary")
    is_for_one = "Set-Cookie" in headers or status in OF_CONDITIONS
    return not (500 <= status < 600 or is_for_one or is_forbidden)


def listed(headers: Headers, name: str) -> set[str]:
    """Return the members of a field's list, in lower case."""
    return {part.strip().lower() for value in headers.getlist(name) for part in value.split(",")} - {""}
