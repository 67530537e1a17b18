"""Let pages of other origins call the API, its hits included (the Fetch standard's CORS protocol)."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import Flask

from hotroute.extras import extra
from hotroute.settings.common import EdgeSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ORIGINS = 100
"""Whose header fields are remembered: working them out is a tenth of a hit."""

REQUEST_FIELDS = ("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")
VARIABLES = tuple(f"HTTP_{name.upper().replace('-', '_')}" for name in REQUEST_FIELDS)
Fields = tuple[tuple[str, str], ...]


def init_app(app: Flask, settings: EdgeSettings, path: str) -> None:
    """Put the middleware around `app` where CORS_ORIGINS names any; needs the extra `api`."""
    if settings.cors_origins:
        app.wsgi_app = CorsMiddleware(app.wsgi_app, path, build_fields(app, settings))  # type: ignore[method-assign]


class CorsMiddleware:
    """Add to every answer below a path what the origin that asks may do with it.

    Args:
        path: the prefix of the paths, such as "/api/".
        fields: of a request's method and `REQUEST_FIELDS`, the response's header fields.
    """

    def __init__(self, app: "WSGIApplication", path: str, fields: Callable[..., Fields]) -> None:
        self.app, self.path, self.fields = app, path, fields

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        if not environ.get("PATH_INFO", "").startswith(self.path):
            return self.app(environ, start_response)
        fields = self.fields(environ["REQUEST_METHOD"], *map(environ.get, VARIABLES))

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            return start_response(status, vary_by_origin(headers, fields), *rest)

        return self.app(environ, start)


def vary_by_origin(headers: list[tuple[str, str]], fields: Fields) -> list[tuple[str, str]]:
    """Return both, and `Vary: Origin`, without which a cache would mix up who may read (Fetch, section 3.2).

    Flask-CORS says it for several origins only.
    """
    for position, (name, value) in enumerate(headers):
        if name.lower() == "vary":
            return [*headers[:position], (name, f"{value}, Origin"), *headers[position + 1 :], *fields]
    return [*headers, ("Vary", "Origin"), *fields]


def build_fields(app: Flask, settings: EdgeSettings) -> Callable[..., Fields]:
    """Return a function of a method and the values of `REQUEST_FIELDS` that remembers what Flask-CORS says of them."""
    with extra("api"):
        from flask_cors.core import get_cors_headers, get_cors_options  # noqa: PLC0415  # only where it is asked for
        from werkzeug.datastructures import Headers  # noqa: PLC0415
    options = get_cors_options(
        app,
        {
            "origins": list(settings.cors_origins),
            "supports_credentials": settings.cors_credentials,
            "expose_headers": ["X-Request-Id", "Retry-After"],
            "max_age": 600,
        },
    )

    @lru_cache(ORIGINS)
    def fields(method: str, *values: str | None) -> Fields:
        asked = Headers([(name, value) for name, value in zip(REQUEST_FIELDS, values, strict=True) if value])
        found = get_cors_headers(options, asked, method).items()
        return tuple((name, str(value)) for name, value in found if name != "Vary")

    return fields
