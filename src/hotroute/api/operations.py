"""Operations of an API, each declared once: for the request at run time, and for the OpenAPI document."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Response
from pydantic import BaseModel

from hotroute.api import validation
from hotroute.api.json import respond, without_content
from hotroute.api.options import Access, get_options

View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the OpenAPI document; see https://spec.openapis.org/oas/v3.1.0#operation-object."""

    id: str
    summary: str
    tag: str
    access: Access
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    response: type[BaseModel] | None
    status: int
    errors: tuple[int, ...] = ()


def operation(  # noqa: PLR0913  # each is a field of the contract
    id: str,  # noqa: A002
    *,
    tag: str,
    access: Access = "required",
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    response: type[BaseModel] | None = None,
    status: int = 200,
    errors: tuple[int, ...] = (),
) -> Callable[[View], View]:
    """Declare a view as an operation of the API.

    The view gets the path's parameters and, where declared, `viewer` (what `ApiOptions.identify_caller` returns; None
    where `access` is "optional" and nobody says who they are), `body` and `query` (instances of the models). It returns
    what is to be JSON, or None for an answer without content. The caller is asked for unless `access` says otherwise.
    `errors` are statuses of the view's own, beside those that follow from the rest.
    """

    def decorate(view: View) -> View:
        declared = Operation(id, summary(view), tag, access, body, query, response, status, errors)

        @wraps(view)
        def endpoint(**path: Any) -> Response:
            if path:
                validation.refuse_nul(path)
            if access != "anyone":
                path["viewer"] = get_options().identify_caller(access)
            if query:
                path["query"] = validation.read_query(query)
            if body:
                path["body"] = validation.read_body(body)
            answer = view(**path)
            return respond(answer, status) if response else without_content(status)

        endpoint.operation = declared  # type: ignore[attr-defined]
        return endpoint

    return decorate


def summary(view: View) -> str:
    if not view.__doc__:
        raise TypeError(f"{view.__name__} needs a docstring: it is the operation's summary")
    return view.__doc__.strip().splitlines()[0].rstrip(".")


def declared(view: View) -> Operation | None:
    return getattr(view, "operation", None)
