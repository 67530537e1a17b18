"""Transactions, one for each use case that writes."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hotroute.database import constraints
from hotroute.database.engines import WRITES

Readable = Session | Connection
"""What a row can be read through: the session of a writing use case, or a connection that only reads."""


@contextmanager
def writing(session: Session) -> Iterator[None]:
    """Begin as a writer; commit when the block ends, roll back when it raises.

    Raises:
        UniqueViolationError: another transaction took a unique value between our look and our write.
        RuntimeError: the session has read already; what it read could be outdated when it writes.
    """
    if session.in_transaction():
        raise RuntimeError("writing() begins the transaction: read inside of it, not before")
    session.connection(execution_options=WRITES)
    try:
        yield
        session.commit()
    except IntegrityError as violation:
        session.rollback()
        if columns := constraints.get_columns(violation):
            raise constraints.UniqueViolationError(*columns) from violation
        raise
    except BaseException:
        session.rollback()
        raise
