"""Which other origins' pages may call the API (the Fetch standard's CORS protocol)."""

from flask import Flask, Response

from conduit.config import Settings
from conduit.extensions import cors


def init_app(app: Flask, settings: Settings) -> None:
    if not settings.cors_origins:
        return
    cors.init_app(
        app,
        resources={r"/api/.*": {"origins": list(settings.cors_origins)}},
        supports_credentials=settings.cors_credentials,
        expose_headers=["X-Request-Id", "Retry-After"],
        max_age=600,
    )
    app.after_request(vary)


def vary(response: Response) -> Response:
    """Flask-CORS says this for several origins only; with one, a cache would still mix up who may read (Fetch, 3.2)."""
    response.vary.add("Origin")
    return response
