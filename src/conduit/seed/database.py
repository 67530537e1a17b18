"""The one transaction that a seed is, on either database."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import click
from sqlalchemy import Connection, Engine, Table, select

from conduit.models import User
from conduit.seed import postgresql, sqlite
from hotroute.cache.invalidation import invalidate_everything
from hotroute.database.engines import WRITES

Row = dict[str, Any]


class Database(Protocol):
    """What the two databases do in their own ways."""

    def prepare(self, connection: Connection) -> None:
        """Set the connection up, before the transaction."""

    def lock(self, connection: Connection) -> None:
        """Let nobody else add users until the transaction ends."""

    def write(self, connection: Connection, table: Table, rows: Iterable[Row]) -> None:
        """Insert the rows; each has every column of the table."""

    def finish(self, connection: Connection) -> None:
        """Let the next ids follow those that were written."""

    def settle(self, connection: Connection) -> None:
        """Give the planner its statistics, after the transaction."""


DATABASES: dict[str, Database] = {"sqlite": sqlite, "postgresql": postgresql}


@contextmanager
def filling(engine: Engine) -> Iterator[Connection]:
    """A transaction on an empty database, of which all or nothing stays.

    Raises:
        click.ClickException: the database has users already.
    """
    database = DATABASES[engine.dialect.name]
    with engine.connect().execution_options(**WRITES) as connection:
        # Closed in the end instead of pooled again: its settings are not those of a request.
        connection.detach()
        database.prepare(connection)
        with connection.begin():
            database.lock(connection)
            refuse_filled(connection)
            yield connection
            database.finish(connection)
            # COPY is no statement that a cache could follow.
            invalidate_everything(connection)
        database.settle(connection)


def refuse_filled(connection: Connection) -> None:
    if connection.scalar(select(User.id).limit(1)) is not None:
        raise click.ClickException("The database has users already; only an empty one is seeded. Nothing was changed.")


def write(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    DATABASES[connection.dialect.name].write(connection, table, rows)
