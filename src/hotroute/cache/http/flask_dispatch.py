"""Hot views within Flask: what the application looks at is watched while it answers, and where hooks must run on each
hit, the view's answer is replayed in the view's place.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask.globals import request_ctx
from werkzeug.datastructures import Headers

from hotroute.cache.http import routes
from hotroute.cache.http.entry import EntryMetadata, ViewResponse
from hotroute.cache.http.policy import LARGEST
from hotroute.cache.http.tracked import environ as tracked_environ
from hotroute.cache.http.tracked.cookies import COOKIE
from hotroute.cache.http.tracked.globals import tracking
from hotroute.cache.tracking import reads

HELD = "hotroute.held"
"""In the WSGI environment: what the front has for the view, and what the view has for the front."""


@dataclass(slots=True)
class Held:
    """
    Attributes:
        environ: that the application looks at.
        keep: whether the front wants what the view makes.
        head, body: of the entry that is to be replayed, if there is one.
        replayed: whether it was.
        answered: whether Flask has an answer, of the view or of a hook.
        viewed: whether the view was asked for it.
        made: that answer, before any `after_request`.
        raised: whether the view raised instead.
    """

    environ: tracked_environ.TrackedEnviron = field(default_factory=tracked_environ.TrackedEnviron)
    keep: bool = False
    head: EntryMetadata | None = None
    body: bytes = b""
    replayed: bool = False
    answered: bool = False
    viewed: bool = False
    made: ViewResponse | None = None
    raised: bool = False


def install(app: Flask, endpoints: Iterable[str], skippable: frozenset[str]) -> None:
    """Watch what the application looks at for these endpoints' answers, but for what `skippable` hooks do."""
    for endpoint in endpoints:
        app.view_functions[endpoint] = wrap_view(app, app.view_functions[endpoint])
    app.full_dispatch_request = watched(app)  # type: ignore[method-assign]
    app.process_response = wrap_process_response(app)  # type: ignore[method-assign,assignment]
    before: tuple[dict[Any, list[Any]], ...] = (app.url_value_preprocessors, app.before_request_funcs)
    for registered in before:
        for hooks in registered.values():
            hooks[:] = [unwatched(app, hook) if routes.name_of(hook) in skippable else hook for hook in hooks]


def leading() -> Held | None:
    """What the front has asked, where it is to store the answer."""
    held: Held | None = request.environ.get(HELD)
    return held if held and held.head is None else None


def watched(app: Flask) -> Callable[[], Response]:
    """From the first signal on, through hooks, view and error handlers."""
    dispatch = app.full_dispatch_request

    def full_dispatch_request() -> Response:
        if not (held := leading()):
            return dispatch()
        with tracked_environ.watching(held.environ, request_ctx.request, request_ctx.url_adapter):
            return dispatch()

    return full_dispatch_request


def wrap_process_response(app: Flask) -> Callable[[Response], Response]:
    """Until the answer is there; what comes after the request runs on each hit, or is skippable."""
    process = app.process_response

    def process_response(response: Response) -> Response:
        if (held := leading()) and not held.answered:
            capture_response(held, response)
        return process(response)

    return process_response


def capture_response(held: Held, response: Response) -> None:
    made = snapshot(response, held.environ)
    if getattr(request_ctx._session, "accessed", False):
        held.environ.note(f"{COOKIE}{current_app.session_interface.get_cookie_name(current_app)}")
    held.environ.watch.on = False
    held.answered = True
    held.made = made if held.keep and held.viewed else None


def snapshot(response: Response, environ: tracked_environ.TrackedEnviron) -> ViewResponse:
    """As it would be sent, for which the response may look at the request itself."""
    streamed = response.direct_passthrough or (response.is_streamed and response.content_length is None)
    body = None if streamed or (response.content_length or 0) > LARGEST else response.get_data()
    return ViewResponse(response.status, list(response.get_wsgi_headers(environ)), body)


def unwatched(app: Flask, hook: Callable[..., Any]) -> Callable[..., Any]:
    """A hook that hits do without, so that answers do not depend on what it looks at."""

    def run(*arguments: Any) -> Any:
        if not (held := leading()):
            return app.ensure_sync(hook)(*arguments)
        values = g._get_current_object()
        with tracking(values, held.environ.note), tracked_environ.untracked(held.environ, request_ctx.request):
            return app.ensure_sync(hook)(*arguments)

    run.__module__, run.__qualname__ = routes.named(hook)
    return run


def wrap_view(app: Flask, view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def answer(**arguments: Any) -> Any:
        held: Held | None = request.environ.get(HELD)
        if held is None:
            return app.ensure_sync(view)(**arguments)
        if held.head is not None:
            held.replayed = True
            return stored(app, held.head, held.body)
        return run_view(app, held, view, arguments)

    return answer


def stored(app: Flask, head: EntryMetadata, body: bytes) -> Response:
    """Return the response of an entry, without the Content-Type that Flask gives to one that has none."""
    response = app.response_class(body, head.status)
    response.headers = Headers(head.headers)
    return response


def run_view(app: Flask, held: Held, view: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    before = len(request_ctx._after_request_functions)
    held.viewed = True
    try:
        return app.ensure_sync(view)(**arguments)
    except Exception:
        held.raised = True
        raise
    finally:
        if len(request_ctx._after_request_functions) > before:
            refuse("after this request")


def refuse(obstacle: str) -> None:
    if seen := reads.current.get():
        seen.mark_uncacheable(obstacle)
