"""SQLite's properties of a table that Alembic's copy of it would lose: AUTOINCREMENT with its counter, WITHOUT ROWID.

A table without AUTOINCREMENT gives the key of a deleted row to a new one, and whoever holds a token for that key.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Table, event, text

COPY = "_alembic_tmp_"
"""The prefix with which Alembic names the copy."""

OPTIONS = {"autoincrement": (r"\bAUTOINCREMENT\b", True), "with_rowid": (r"\)[^)]*\bWITHOUT\s+ROWID\b[^)]*$", False)}
"""SQLAlchemy's dialect options by what SQLite's own CREATE TABLE says."""


@contextmanager
def kept(connection: Connection) -> Iterator[None]:
    """Copy the properties to each table that a step creates in place of another, and the counters at the end."""
    event.listen(Table, "before_create", keep_options)
    before = counters(connection)
    try:
        yield
    finally:
        event.remove(Table, "before_create", keep_options)
    restore(connection, before)


def keep_options(target: Table, connection: Connection, **_: Any) -> None:
    if connection.dialect.name != "sqlite" or not target.name.startswith(COPY):
        return
    written = connection.scalar(
        text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name"),
        {"name": target.name.removeprefix(COPY)},
    )
    for option, (pattern, value) in OPTIONS.items():
        if re.search(pattern, written or "", re.IGNORECASE):
            target.dialect_options["sqlite"][option] = value


def counters(connection: Connection) -> dict[str, int]:
    """Return the highest key that each AUTOINCREMENT table has ever given, by the table's name."""
    exists = connection.scalar(text("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"))
    rows = connection.execute(text("SELECT name, seq FROM sqlite_sequence")).all() if exists else []
    return {row.name: row.seq for row in rows}


def restore(connection: Connection, before: dict[str, int]) -> None:
    """Raise the counters of the tables that still exist to what they were; the copy began at its highest row."""
    now = counters(connection)
    statement = text("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'")
    for name in connection.scalars(statement).all():
        if before.get(name, 0) > now.get(name, 0):
            connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), {"name": name})
            statement = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)")
            connection.execute(statement, {"name": name, "seq": before[name]})
