"""Saying what has changed where no statement shows it: SQL text, what no table holds, other programs, everything."""

from collections.abc import Iterable

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from hotroute.cache.store.base import EPOCH, Store, written
from hotroute.cache.tracking import writes
from hotroute.cache.tracking.sql_tables import UNPARSED


def invalidate(transaction: Session | Connection, *tags: str) -> None:
    """Say, within a transaction, that it changed what depends on `tags`: after SQL text, or for what no table holds.

    Args:
        tags: those that routes declare, or tables' names; of a table, what depends on a single row of it is meant too.
    """
    connection = transaction.connection() if isinstance(transaction, Session) else transaction
    connection.info.setdefault(writes.TOUCHED, set()).discard(UNPARSED)
    writes.add_tags(connection, with_rows(tags))


def invalidate_everything(transaction: Session | Connection) -> None:
    """Say, within a transaction, that it may have changed what any answer depends on: a migration, an import."""
    invalidate(transaction, EPOCH)


def invalidate_now(store: Store, tags: Iterable[str]) -> None:
    """The same from outside of any transaction: what depends on `tags` is made anew from now on."""
    store.done(sorted(map(written, with_rows(tags))), "nobody")


def with_rows(tags: Iterable[str]) -> set[str]:
    """A table's name stands for all its rows: those who depend on one of them carry the second tag."""
    return {each for tag in tags for each in (tag, tag + writes.BULK)}
