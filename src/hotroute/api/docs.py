"""The OpenAPI document at /openapi.json, and a page at /docs/ to try its operations on."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, render_template

from hotroute.api import openapi
from hotroute.api.json import respond
from hotroute.assets import Assets

View = Callable[..., Any]

# No inline script; Swagger UI sets style attributes and draws its icons from data URIs.
POLICY = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"  # noqa: E501
HEADERS = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}


def build_blueprint(
    options: openapi.DocumentOptions,
    *,
    decorate_document: Callable[[View], View] = lambda view: view,
    scheme: str = "Bearer",
) -> Blueprint:
    """Return the blueprint of both; `hotroute static hotroute.api:static` builds the page's files for Nginx.

    Args:
        decorate_document: such as `cache.cached(timeout=60)`: the document changes with a release only.
        scheme: of the `Authorization` field that the page sends with a bare token.
    """
    blueprint = Blueprint("docs", __name__, template_folder="templates")
    assets = Assets("hotroute.api")
    blueprint.register_blueprint(assets.blueprint())

    @decorate_document
    def document() -> Response:
        return respond(openapi.document(current_app, options))

    def page() -> tuple[str, dict[str, str]]:
        return render_template("docs.html", asset=assets.url, title=options.title, scheme=scheme), HEADERS

    blueprint.add_url_rule("/openapi.json", "document", document)
    blueprint.add_url_rule("/docs/", "page", page)
    return blueprint
