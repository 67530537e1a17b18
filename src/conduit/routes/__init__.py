"""The operations of the contract, a blueprint for each resource."""

from flask import Flask

from conduit.routes import articles, comments, docs, exports, favorites, link_previews, profiles, tags, users


def init_app(app: Flask) -> None:
    for resource in (users, profiles, articles, favorites, comments, tags, exports, link_previews):
        app.register_blueprint(resource.blueprint, url_prefix="/api")
    app.register_blueprint(docs.blueprint)
