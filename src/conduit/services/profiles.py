"""Following and unfollowing."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from conduit.models import Follow
from conduit.repositories import users
from hotroute.database.transaction import writing


def follow(session: Session, viewer: int, username: str) -> Row[Any]:
    """Follow; a second time changes nothing.

    Raises:
        NotFound: no user has the name.
    """
    with writing(session):
        # The follower's row is locked: two of the same request find each other's follow instead of a violated key.
        me = users.get_viewer_locked(session, viewer)
        author = users.get_by_name(session, username)
        if session.get(Follow, (me.id, author.id)) is None:
            session.add(Follow(follower_id=me.id, followed_id=author.id))
        return users.get_profile(session, username, me.id)


def unfollow(session: Session, viewer: int, username: str) -> Row[Any]:
    """Follow no longer; a second time changes nothing.

    Raises:
        NotFound: no user has the name.
    """
    with writing(session):
        me = users.get_viewer_locked(session, viewer)
        author = users.get_by_name(session, username)
        if known := session.get(Follow, (me.id, author.id)):
            session.delete(known)
        return users.get_profile(session, username, me.id)
