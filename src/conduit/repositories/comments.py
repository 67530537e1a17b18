"""Comments of an article."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select
from sqlalchemy.orm import Session

from conduit.models import Article, Comment
from conduit.models.tables import articles, comments, users
from conduit.repositories import viewers
from conduit.repositories.columns import iso
from hotroute.api.errors import NotFound
from hotroute.database.columns import Key

SHOWN = (
    comments.c.id,
    comments.c.body,
    iso(comments.c.created_at).label("created_at"),
    iso(comments.c.updated_at).label("updated_at"),
    users.c.username,
    users.c.bio,
    users.c.image,
)


def find_all(connection: Connection, slug: str, viewer: int | None) -> list[Row[Any]]:
    """The comments of an article, newest first: two queries.

    Raises:
        NotFound: no article has the slug.
        Unauthorized: the viewer's account is gone.
    """
    signed_in = viewer is not None
    row = connection.execute(parent(signed_in), {"slug": slug, "viewer": viewer}).one()
    viewers.refuse_unknown([row])
    if row.id is None:
        raise NotFound("article")
    return list(connection.execute(listing(signed_in), {"article": row.id, "viewer": viewer}).all())


@cache
def parent(viewer: bool) -> Select[Any]:
    return (
        select(articles.c.id, viewers.account_exists(viewer))
        .select_from(viewers.ONE_ROW)
        .outerjoin(articles, articles.c.slug == bindparam("slug"))
    )


@cache
def listing(viewer: bool) -> Select[Any]:
    return (
        select(*SHOWN, viewers.following(viewer))
        .join(users, users.c.id == comments.c.author_id)
        .where(comments.c.article_id == bindparam("article", type_=Key))
        .order_by(comments.c.id.desc())
    )


def get(session: Session, comment_id: int, viewer: int) -> Row[Any]:
    """One comment as `viewer` sees it."""
    shown = select(*SHOWN, viewers.following(viewer=True)).join(users, users.c.id == comments.c.author_id)
    return session.execute(shown.where(comments.c.id == comment_id), {"viewer": viewer}).one()


def get_entity(session: Session, article: Article, comment_id: int) -> Comment:
    """The entity of a comment on this article.

    Raises:
        NotFound: the comment is not one of its.
    """
    comment = session.get(Comment, comment_id)
    if comment is None or comment.article_id != article.id:
        raise NotFound("comment")
    return comment
