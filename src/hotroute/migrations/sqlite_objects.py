"""SQLite's triggers and indexes that Alembic's copy of a table would lose, or make other than they were.

They go with the table that is dropped. Alembic makes the indexes again that SQLAlchemy can describe: none on an
expression, and none with its collation or its descending order.
"""

# ruff: noqa: S608  # the names are the schema's own
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.util import CommandError
from sqlalchemy import Connection, Row, Table, event, text
from sqlalchemy.exc import DatabaseError

from hotroute.migrations.sqlite_tables import COPY

RENAMED = re.compile(rf'\s*ALTER TABLE "?{COPY}(?P<table>[^"]+?)"? RENAME TO\b', re.IGNORECASE)
INDEXED = re.compile(r'\s*CREATE (UNIQUE )?INDEX "?(?P<name>[^"]+?)"? ON\b', re.IGNORECASE)
OBJECTS = text("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = :table AND type IN ('trigger', 'index')")
EXPRESSION = -2
"""SQLite's number of a column of an index that is none of the table's."""


class LostObjectError(CommandError):
    """A trigger or an index does not fit the copied table; the migration was rolled back."""

    def __init__(self, kind: str, name: str, table: str, reason: str) -> None:
        super().__init__(
            f"The migration was rolled back: the {kind} {name} does not fit the new {table}: {reason}. "
            f"Drop it by op.execute('DROP {kind.upper()} {name}') before the table changes, and create it anew after"
        )


class Keeper:
    """The objects of the tables that are being copied."""

    def __init__(self) -> None:
        self.kept: dict[str, list[Row[Any]]] = {}
        self.indexes: dict[str, str] = {}

    def remember(self, target: Table, connection: Connection, **_: Any) -> None:
        """Read the objects of the table, before its copy is created."""
        if connection.dialect.name != "sqlite" or not target.name.startswith(COPY):
            return
        table = target.name.removeprefix(COPY)
        objects = [each for each in connection.execute(OBJECTS, {"table": table}) if each.sql]
        self.kept[table] = [each for each in objects if each.type == "trigger" or on_expression(connection, each.name)]
        self.indexes |= {each.name: each.sql for each in objects if is_ordered(connection, each.name)}

    def restore(self, connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        """Follow Alembic: after the copy has its name, and after each index that it makes."""
        if renamed := RENAMED.match(statement):
            create(connection, renamed["table"], self.kept.pop(renamed["table"], []))
        elif (made := INDEXED.match(statement)) and (sql := self.indexes.pop(made["name"], None)):
            connection.exec_driver_sql(f'DROP INDEX "{made["name"]}"')
            connection.exec_driver_sql(sql)


@contextmanager
def kept(connection: Connection) -> Iterator[None]:
    """Keep them through every copy within the block.

    Raises:
        LostObjectError: one does not fit the table any more.
    """
    keeper = Keeper()
    event.listen(Table, "before_create", keeper.remember)
    event.listen(connection, "after_cursor_execute", keeper.restore)
    try:
        yield
    finally:
        event.remove(Table, "before_create", keeper.remember)
        event.remove(connection, "after_cursor_execute", keeper.restore)


def on_expression(connection: Connection, index: str) -> bool:
    return any(column.cid == EXPRESSION for column in columns(connection, index))


def is_ordered(connection: Connection, index: str) -> bool:
    """Return True for an index of plain columns that has a collation or a direction of its own."""
    return not on_expression(connection, index) and any(
        column.desc or column.coll != "BINARY" for column in columns(connection, index)
    )


def columns(connection: Connection, index: str) -> list[Row[Any]]:
    return [column for column in connection.exec_driver_sql(f'PRAGMA index_xinfo("{index}")') if column.key]


def create(connection: Connection, table: str, objects: list[Row[Any]]) -> None:
    # Triggers at last: SQLite reads those that are there before it alters anything else.
    for each in sorted(objects, key=lambda each: each.type):
        try:
            connection.exec_driver_sql(each.sql)
            if each.type == "trigger":
                compile_changes(connection, table)
        except DatabaseError as refused:
            raise LostObjectError(each.type, each.name, table, str(refused.orig)) from None


def compile_changes(connection: Connection, table: str) -> None:
    """Have SQLite read the triggers, which it creates unread; EXPLAIN runs nothing."""
    names = connection.exec_driver_sql(f'PRAGMA table_info("{table}")').scalars(1).all()
    assigned = ", ".join(f'"{name}" = "{name}"' for name in names)
    for change in (
        f'UPDATE "{table}" SET {assigned}',
        f'DELETE FROM "{table}"',
        f'INSERT INTO "{table}" DEFAULT VALUES',
    ):
        connection.exec_driver_sql(f"EXPLAIN {change}").close()
