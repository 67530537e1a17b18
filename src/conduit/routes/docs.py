"""The OpenAPI document and a page to try it on."""

from flask import Blueprint, Response, current_app, render_template

from conduit.extensions import cache
from conduit.schemas.errors import GenericError
from hotroute.api import openapi
from hotroute.api.json import respond
from hotroute.assets import Assets

blueprint = Blueprint("docs", __name__)
assets = Assets("conduit")
blueprint.register_blueprint(assets.blueprint())

# No inline script; Swagger UI sets style attributes and draws its icons from data URIs.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"  # noqa: E501


DOCUMENT = openapi.DocumentOptions(
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
@blueprint.get("/openapi.json")
@cache.cached(timeout=60)
def document() -> Response:
    return respond(openapi.document(current_app, DOCUMENT))


@blueprint.get("/docs/")
def page() -> tuple[str, dict[str, str]]:
    headers = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
    return render_template("docs.html", asset=assets.url), headers
