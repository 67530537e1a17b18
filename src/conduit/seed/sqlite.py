"""Seeding SQLite: inserts in batches."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table

BATCH = 2_000


def prepare(connection: Connection) -> None:
    # Ten minutes: a second seed waits for the first one's end, and then finds its users.
    execute(connection, "PRAGMA busy_timeout = 600000")
    # 128 MiB: where an index that is written in no order leaves memory, each page of it is written many times.
    execute(connection, "PRAGMA cache_size = -131072")


def lock(connection: Connection) -> None:
    """Nothing to do: the transaction began as the only writer."""


def write(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    remaining, insert = iter(rows), table.insert()
    while batch := list(islice(remaining, BATCH)):
        connection.execute(insert, batch)


def finish(connection: Connection) -> None:
    """Nothing to do: AUTOINCREMENT follows the ids that were written."""


def settle(connection: Connection) -> None:
    execute(connection, "ANALYZE")
    # Who still reads keeps the log from shrinking; that is no reason to wait.
    execute(connection, "PRAGMA busy_timeout = 1000")
    # The log holds all that was written once more; what follows would reuse the file but not shrink it.
    execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)")


def execute(connection: Connection, statement: str) -> None:
    """By the driver itself, since SQLAlchemy would begin a transaction, in which these are refused."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute(statement)
