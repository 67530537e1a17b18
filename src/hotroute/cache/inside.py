"""Hot views within Flask: where hooks must run on each hit, the view's answer is replayed in the view's place."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Flask, Response, request
from flask.globals import request_ctx

from hotroute.cache import capture, observed
from hotroute.cache.entries import Head, Made

HELD = "hotroute.held"
"""In the WSGI environment: what the front has for the view, and what the view has for the front."""


@dataclass(slots=True)
class Held:
    """
    Attributes:
        environ: that the view looks at.
        keep: whether the front wants what the view makes.
        head, body: of the entry that is to be replayed, if there is one.
        replayed: whether it was.
        made: what the view made.
        raised: whether the view raised instead.
    """

    environ: observed.Environ = field(default_factory=observed.Environ)
    keep: bool = False
    head: Head | None = None
    body: bytes = b""
    replayed: bool = False
    made: Made | None = None
    raised: bool = False


def wrap(app: Flask, endpoint: str) -> None:
    app.view_functions[endpoint] = replaying(app, app.view_functions[endpoint])


def replaying(app: Flask, view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def answer(**arguments: Any) -> Any:
        held: Held | None = request.environ.get(HELD)
        if held is None:
            return app.ensure_sync(view)(**arguments)
        if held.head is not None:
            held.replayed = True
            return app.response_class(held.body, held.head.status, list(held.head.headers))
        return watched(app, held, view, arguments)

    return answer


def watched(app: Flask, held: Held, view: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    before = len(request_ctx._after_request_functions)
    try:
        with observed.watching(held.environ, request, request_ctx.url_adapter):
            answer = app.ensure_sync(view)(**arguments)
        if not held.keep:
            return answer
        response = app.make_response(answer)
    except Exception:
        held.raised = True
        raise
    if len(request_ctx._after_request_functions) > before:
        refuse("after this request")
    held.made = taken(response)
    return response


def taken(response: Response) -> Made:
    streamed = response.is_streamed or response.direct_passthrough
    body = None if streamed else response.get_data()
    return Made(response.status, list(response.headers), body)


def refuse(obstacle: str) -> None:
    if seen := capture.current.get():
        seen.refuse(obstacle)
