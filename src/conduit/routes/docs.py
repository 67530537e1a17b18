"""The OpenAPI document and a page to try it on."""

from conduit.extensions import cache
from hotroute.api.docs import build_blueprint
from hotroute.api.fields import GenericError
from hotroute.api.openapi import DocumentOptions

DOCUMENT = DocumentOptions(
    title="Conduit",
    version="1.1.0",
    description="RealWorld's Conduit API, the example that comes with Hotroute.",
    error_model=GenericError,
    security={
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "What registering and logging in answer as `token`, sent as: `Token <token>`",
    },
)

# Flask-Caching as its documentation shows it, beside the hot routes: this depends on no table, and changes with a
# release; a minute later is soon enough.
blueprint = build_blueprint(DOCUMENT, decorate_document=cache.cached(timeout=60), scheme="Token")
