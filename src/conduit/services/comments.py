"""Commenting, and deleting one's own comment."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from conduit.models import Comment
from conduit.repositories import articles, comments, users
from hotroute.api.errors import Forbidden
from hotroute.database.columns import now
from hotroute.database.transaction import writing


def add(session: Session, viewer: int, slug: str, body: str) -> Row[Any]:
    """Raises:
    NotFound: no article has the slug.
    """
    with writing(session):
        author = users.get_viewer(session, viewer)
        article = articles.get_entity(session, slug)
        time = now()
        comment = Comment(body=body, article_id=article.id, author_id=author.id, created_at=time, updated_at=time)
        session.add(comment)
        session.flush()
        return comments.get(session, comment.id, viewer)


def delete(session: Session, viewer: int, slug: str, comment_id: int) -> None:
    """Raises:
    NotFound: the article or the comment does not exist.
    Forbidden: the comment is another user's.
    """
    with writing(session):
        users.get_viewer(session, viewer)
        # Locked: who gives the article another slug meanwhile would keep this comment in the cache under that.
        article = articles.get_entity(session, slug)
        comment = comments.get_entity(session, article, comment_id)
        if comment.author_id != viewer:
            raise Forbidden("comment")
        session.delete(comment)
