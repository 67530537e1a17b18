"""Who asks: the columns that depend on the caller, and whether the caller still exists."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Label, Row, and_, bindparam, exists, false, literal, select, true

from conduit.models.tables import articles, favorites, follows, users
from hotroute.api.errors import Unauthorized
from hotroute.database.columns import Key

VIEWER = bindparam("viewer", type_=Key)
ONE_ROW = select(literal(1).label("asked")).subquery("question")
"""One row to join what is asked for to: there is an answer about the caller even where nothing else is found."""


def favorited(viewer: bool) -> Label[bool]:
    seen = (
        exists().where(and_(favorites.c.user_id == VIEWER, favorites.c.article_id == articles.c.id))
        if viewer
        else false()
    )
    return seen.label("favorited")


def following(viewer: bool) -> Label[bool]:
    seen = (
        exists().where(and_(follows.c.follower_id == VIEWER, follows.c.followed_id == users.c.id))
        if viewer
        else false()
    )
    return seen.label("following")


def account_exists(viewer: bool) -> Label[bool]:
    """Whether the caller's account still exists, asked along with the rows so that it costs no query of its own."""
    seen = select(users.c.id).where(users.c.id == VIEWER).correlate(None).exists() if viewer else true()
    return seen.label("known")


def refuse_unknown(rows: Sequence[Row[Any]]) -> None:
    """Raises:
    Unauthorized: the token is of a user who is gone.
    """
    if rows and not rows[0].known:
        raise Unauthorized("token", "is of a user who is gone")
