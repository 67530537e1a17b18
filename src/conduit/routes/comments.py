"""Comments on articles."""

from typing import Any

from flask import Blueprint

from conduit.database import reading
from conduit.extensions import db
from conduit.repositories import comments as stored
from conduit.routes import cache_tags, serializers
from conduit.schemas.comments import MultipleCommentsResponse, NewCommentRequest, SingleCommentResponse
from conduit.services import comments
from hotroute.api.operations import operation
from hotroute.cache import hot

blueprint = Blueprint("comments", __name__)
TAG = "Comments"
LARGEST_KEY = 2**63 - 1


@blueprint.get("/articles/<slug>/comments")
@hot(share="per-caller", tags=cache_tags.COMMENTS)
@operation("GetArticleComments", tag=TAG, access="optional", response=MultipleCommentsResponse)
def find(slug: str, viewer: int | None) -> dict[str, Any]:
    """The comments on an article, newest first."""
    with reading() as connection:
        return {"comments": [serializers.comment(row) for row in stored.find_all(connection, slug, viewer)]}


@blueprint.post("/articles/<slug>/comments")
@operation("CreateArticleComment", tag=TAG, body=NewCommentRequest, response=SingleCommentResponse)
def add(slug: str, body: NewCommentRequest, viewer: int) -> dict[str, Any]:
    """Comment on an article."""
    return {"comment": serializers.comment(comments.add(db.session, viewer, slug, body.comment.body))}


@blueprint.delete(f"/articles/<slug>/comments/<int(max={LARGEST_KEY}):id>")
@operation("DeleteArticleComment", tag=TAG, status=204, errors=(403,))
def delete(slug: str, id: int, viewer: int) -> None:  # noqa: A002  # the contract's name
    """Delete one's own comment."""
    comments.delete(db.session, viewer, slug, id)
