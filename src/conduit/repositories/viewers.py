"""Who asks: the columns that depend on the caller, and whether the caller still exists."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Label, Row, and_, bindparam, exists, false, select, true

from conduit.errors import Unauthorized
from conduit.models import Article, Favorite, Follow, User
from conduit.models.base import Key

VIEWER = bindparam("viewer", type_=Key)


def favorited(viewer: bool) -> Label[bool]:
    seen = exists().where(and_(Favorite.user_id == VIEWER, Favorite.article_id == Article.id)) if viewer else false()
    return seen.label("favorited")


def following(viewer: bool, author: ColumnElement[int] | Any = User.id) -> Label[bool]:
    seen = exists().where(and_(Follow.follower_id == VIEWER, Follow.followed_id == author)) if viewer else false()
    return seen.label("following")


def known(viewer: bool) -> Label[bool]:
    """Whether the caller's account still exists, asked along with the rows so that it costs no query of its own."""
    seen = select(User.id).where(User.id == VIEWER).correlate(None).exists() if viewer else true()
    return seen.label("known")


def refuse_unknown(rows: Sequence[Row[Any]]) -> None:
    """Raises:
    Unauthorized: the token is of a user who is gone.
    """
    if rows and not rows[0].known:
        raise Unauthorized("token", "is of a user who is gone")
