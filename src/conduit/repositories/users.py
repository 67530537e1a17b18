"""Users: accounts, profiles and follows."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select
from sqlalchemy.orm import Session

from conduit.models import User
from conduit.models.tables import users
from conduit.repositories import viewers
from hotroute.api.errors import NotFound, Unauthorized
from hotroute.database.transaction import Readable


def get_profile(source: Readable, username: str, viewer: int | None) -> Row[Any]:
    """A profile as `viewer` sees it: one query.

    Raises:
        NotFound: no user has the name.
        Unauthorized: the viewer's account is gone.
    """
    row = source.execute(profile(viewer is not None), {"username": username, "viewer": viewer}).one()
    viewers.refuse_unknown([row])
    if row.username is None:
        raise NotFound("profile")
    return row


@cache
def profile(viewer: bool) -> Select[Any]:
    columns = (users.c.username, users.c.bio, users.c.image, viewers.following(viewer), viewers.account_exists(viewer))
    return select(*columns).select_from(viewers.ONE_ROW).outerjoin(users, users.c.username == bindparam("username"))


def get_viewer(session: Session, viewer: int) -> User:
    """Who asks.

    Raises:
        Unauthorized: the account is gone.
    """
    return existing(session.get(User, viewer))


def get_viewer_locked(session: Session, viewer: int) -> User:
    """Who asks, the row locked until the transaction ends.

    Raises:
        Unauthorized: the account is gone.
    """
    return existing(session.get(User, viewer, with_for_update={"key_share": True}))


def existing(user: User | None) -> User:
    if user is None:
        raise Unauthorized("token", "is of a user who is gone")
    return user


def get_by_name(session: Session, username: str) -> User:
    """Raises:
    NotFound: no user has the name.
    """
    user = session.scalars(select(User).where(User.username == username)).one_or_none()
    if user is None:
        raise NotFound("profile")
    return user


def find_by_email(session: Session, email: str) -> User | None:
    return session.scalars(select(User).where(User.email == email)).one_or_none()


def find_taken(session: Session, me: int | None, username: str, email: str) -> list[str]:
    """Which of the two, as the API's field names, belong to a user other than `me`."""
    others = select(users.c.username, users.c.email).where((users.c.username == username) | (users.c.email == email))
    rows = session.execute(others if me is None else others.where(users.c.id != me)).all()
    names = {
        "username": any(row.username == username for row in rows),
        "email": any(row.email == email for row in rows),
    }
    return [field for field, taken in names.items() if taken]


def count_articles(connection: Connection, user_id: int) -> int:
    return connection.scalar(select(users.c.articles_count).where(users.c.id == user_id)) or 0
