"""The flush that is running, and the tables whose rows it says by tags of their own (`RowTags`)."""

from collections.abc import Iterable
from contextvars import ContextVar
from typing import NamedTuple

from sqlalchemy import event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import Session, SessionTransaction, SessionTransactionOrigin


class FlushScope(NamedTuple):
    """A session's subtransaction: a flush, or one of the legacy bulk methods, which tell no rows.

    Attributes:
        told: tables by engine.
    """

    transaction: SessionTransaction
    row_tagged: set[tuple[Dialect, str]]


running: ContextVar[tuple[FlushScope, ...]] = ContextVar("hotroute.flushes", default=())
"""The innermost last: an event of a flush may flush another session, or use a bulk method."""


@event.listens_for(Session, "after_transaction_create")
def begin(_session: Session, transaction: SessionTransaction) -> None:
    if transaction.origin is SessionTransactionOrigin.SUBTRANSACTION:
        running.set((*running.get(), FlushScope(transaction, set())))


@event.listens_for(Session, "after_transaction_end")
def end(_session: Session, transaction: SessionTransaction) -> None:
    if flushes := running.get():
        running.set(tuple(each for each in flushes if each.transaction is not transaction))


def declare(dialect: Dialect, tables: Iterable[str]) -> None:
    """The flush that is running says what it changes in these by row."""
    for flush in running.get()[-1:]:
        flush.row_tagged.update((dialect, table) for table in tables)


def declared(dialect: Dialect) -> set[str]:
    return {table for flush in running.get()[-1:] for of, table in flush.row_tagged if of is dialect}
