"""SQLite's foreign keys during a migration.

A batch migration copies a table and drops the old one. With foreign keys on, the drop deletes every row that refers to
it (https://sqlite.org/lang_altertable.html#otheralter): they are off until all steps are done, and checked before the
commit.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from alembic.util import CommandError
from sqlalchemy import Connection

SHOWN = 10
"""Rows that an error names."""


class BrokenReferencesError(CommandError):
    """A migration would have left rows that refer to nothing; it was rolled back."""

    def __init__(self, rows: Sequence[str]) -> None:
        more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
        super().__init__(
            f"The migration was rolled back: {len(rows)} rows would refer to nothing: {'; '.join(rows[:SHOWN])}{more}. "
            "Delete or mend them within the migration: foreign keys are off while it runs, so nothing cascades"
        )


@contextmanager
def switched_off(connection: Connection) -> Iterator[None]:
    """Switch the foreign keys off before BEGIN, where alone SQLite takes the pragma, and back on afterwards."""
    # SQLAlchemy begins a transaction before whatever is executed through it.
    driver: Any = connection.connection.dbapi_connection
    before = driver.execute("PRAGMA foreign_keys").fetchone()[0]
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        if connection.in_transaction():
            connection.rollback()
        driver.execute(f"PRAGMA foreign_keys={before}")


@contextmanager
def checked(connection: Connection) -> Iterator[None]:
    """Check every reference when the block has ended.

    Raises:
        BrokenReferencesError: rows refer to nothing.
    """
    yield
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise BrokenReferencesError([describe(connection, *row) for row in broken])


def describe(connection: Connection, table: str, rowid: int | None, parent: str, number: int) -> str:
    keys = connection.exec_driver_sql(f'PRAGMA foreign_key_list("{table}")').all()
    columns = ", ".join(key[3] for key in keys if key[0] == number)
    return f"{table} row {rowid} -> {parent} ({columns})"
