"""Which other origins' pages may call the API (the Fetch standard's CORS protocol)."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from flask_cors.core import get_cors_headers, get_cors_options
from werkzeug.datastructures import Headers

from conduit.config import Settings
from conduit.extensions import cors

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ORIGINS = 100
"""Whose header fields are remembered: working them out is a tenth of a hit."""

HOOKS = ("flask_cors.extension.make_after_request_function.<locals>.cors_after_request", "conduit.web.cors.vary")
"""What runs after a request to say who may read the answer; `for_hits` says the same without them."""


def init_app(app: Flask, settings: Settings) -> None:
    if not settings.cors_origins:
        return
    cors.init_app(app, resources={r"/api/.*": choices(settings)})
    app.after_request(vary)


def choices(settings: Settings) -> dict[str, Any]:
    return {
        "origins": list(settings.cors_origins),
        "supports_credentials": settings.cors_credentials,
        "expose_headers": ["X-Request-Id", "Retry-After"],
        "max_age": 600,
    }


def vary(response: Response) -> Response:
    """Flask-CORS says this for several origins only; with one, a cache would still mix up who may read (Fetch, 3.2)."""
    response.vary.add("Origin")
    return response


def for_hits(app: Flask, settings: Settings) -> "Callable[[WSGIEnvironment], list[tuple[str, str]]]":
    """What Flask-CORS would say of a GET that is answered in front of it."""
    if not settings.cors_origins:
        return lambda _environ: []
    options = get_cors_options(app, choices(settings))

    @lru_cache(ORIGINS)
    def said(origin: str | None) -> list[tuple[str, str]]:
        asked = Headers({"Origin": origin} if origin else {})
        found = get_cors_headers(options, asked, "GET").items()
        return [("Vary", "Origin"), *((name, str(value)) for name, value in found if name != "Vary")]

    return lambda environ: said(environ.get("HTTP_ORIGIN"))
