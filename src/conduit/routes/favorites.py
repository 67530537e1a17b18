"""Favouring articles."""

from typing import Any

from flask import Blueprint

from conduit.extensions import db
from conduit.routes import serializers
from conduit.schemas.articles import SingleArticleResponse
from conduit.services import favorites
from hotroute.api.operations import operation

blueprint = Blueprint("favorites", __name__)
TAG = "Favorites"


@blueprint.post("/articles/<slug>/favorite")
@operation("CreateArticleFavorite", tag=TAG, response=SingleArticleResponse)
def add(slug: str, viewer: int) -> dict[str, Any]:
    """Favour an article."""
    return {"article": serializers.article(favorites.add(db.session, viewer, slug))}


@blueprint.delete("/articles/<slug>/favorite")
@operation("DeleteArticleFavorite", tag=TAG, response=SingleArticleResponse)
def remove(slug: str, viewer: int) -> dict[str, Any]:
    """Favour an article no longer."""
    return {"article": serializers.article(favorites.remove(db.session, viewer, slug))}
