"""Registering, logging in, changing one's account."""

from sqlalchemy.orm import Session

from conduit.models import User
from conduit.repositories import users
from conduit.schemas.users import Credentials, NewUser, UserChanges
from conduit.services import passwords
from hotroute.api.errors import Taken, Unauthorized
from hotroute.database.columns import now
from hotroute.database.transaction import writing


def register(session: Session, draft: NewUser) -> User:
    """Raises:
    Taken: the username or the e-mail address is another user's.
    """
    password_hash = passwords.digest(draft.password)
    with writing(session):
        refuse_taken(session, None, draft.username, draft.email)
        user = User(username=draft.username, email=draft.email, password_hash=password_hash)
        session.add(user)
    return user


def log_in(session: Session, credentials: Credentials) -> User:
    """Raises:
    Unauthorized: no such account, or not its password; the answer does not say which.
    """
    user = users.find_by_email(session, credentials.email)
    if not passwords.match(user.password_hash if user else None, credentials.password) or user is None:
        raise Unauthorized("email or password", "is invalid")
    return user


def change(session: Session, viewer: int, changes: UserChanges) -> User:
    """Raises:
    Taken: the new username or e-mail address is another user's.
    Unauthorized: the account is gone.
    """
    values = changes.model_dump(exclude_unset=True)
    password = values.pop("password", None)
    if password:
        values["password_hash"] = passwords.digest(password)
    with writing(session):
        user = users.get_viewer_locked(session, viewer)
        refuse_taken(session, user.id, values.get("username", user.username), values.get("email", user.email))
        for name, value in values.items():
            setattr(user, name, value)
        user.updated_at = now()
    return user


def refuse_taken(session: Session, me: int | None, username: str, email: str) -> None:
    taken = users.find_taken(session, me, username, email)
    if taken:
        raise Taken(*taken)
