"""A JSON API on Flask: declared operations, validated input, errors of one shape, an OpenAPI document."""

from flask import Flask

from hotroute.extras import extra

with extra("api"):
    from hotroute.api import error_handlers, json
    from hotroute.api.operations import operation
    from hotroute.api.options import EXTENSION, Access, ApiOptions

__all__ = ["Access", "ApiOptions", "init_app", "operation"]


def init_app(app: Flask, options: ApiOptions | None = None) -> None:
    """Have `app` write JSON by orjson, and answer every error in one shape."""
    app.extensions[EXTENSION] = options or ApiOptions()
    json.init_app(app)
    error_handlers.init_app(app)
