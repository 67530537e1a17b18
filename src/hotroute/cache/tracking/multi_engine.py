"""A session on several engines: all its transactions are marked before the first of them commits."""

from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, SessionTransaction

from hotroute.cache.tracking import writes

CONNECTIONS = "hotroute.connections"


def mark_together(sessions: Any) -> None:
    """A store that fails at the second mark then aborts both, and not one half of what belongs together.

    Args:
        sessions: a `Session` class, a sessionmaker or a session. What its other listeners write in `before_commit` is
            marked here if they were registered earlier, and at its own COMMIT otherwise.
    """
    event.listen(sessions, "after_begin", remember)
    event.listen(sessions, "before_commit", before_commit)
    event.listen(sessions, "after_transaction_end", forget)


def before_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    connections = [each for each in session.info.get(CONNECTIONS, {}).values() if not (each.closed or each.invalidated)]
    touched = [each for each in connections if each.info.get(writes.TOUCHED)]
    if len(touched) > 1:
        for connection in touched:
            writes.mark(connection.dialect, connection.info)


def remember(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    session.info.setdefault(CONNECTIONS, {})[id(connection)] = connection


def forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(CONNECTIONS, None)
