"""Writes that no call of an API makes: one statement changes or deletes all rows of a table."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Engine,
    Enum,
    Integer,
    Numeric,
    String,
    Table,
    delete,
    func,
    not_,
    update,
)
from sqlalchemy.exc import DBAPIError
from werkzeug.wrappers import Response

from hotroute.cache.tracking.writes import UncachedWriteError
from hotroute.testing.calls import Names, Step


@dataclass(frozen=True)
class BulkWrite(Step):
    """An UPDATE or DELETE without a condition, in a transaction that the cache follows."""

    statement: Any = field(default=None, compare=False)

    def __str__(self) -> str:
        return f"{self.method} {self.path} of all rows, by one statement"

    def send(self, app: Flask, names: Names) -> Response:  # noqa: ARG002  # as a call is sent
        engines: tuple[Engine, ...] = app.extensions["hotroute.application"].engines
        return Response(status=204 if any(self.runs_on(engine) for engine in engines) else 409)

    def runs_on(self, engine: Engine) -> bool:
        """Return whether the engine has the table, may write, and no constraint refuses the change."""
        try:
            with engine.begin() as connection:
                connection.execute(self.statement)
        except (DBAPIError, UncachedWriteError):
            return False
        return True


def bulk_writes(app: Flask) -> list[Step]:
    """Return the bulk writes to all tables that the application has told the cache of."""
    application = app.extensions.get("hotroute.application")
    found = application.metadata if application else ()
    return [step for metadata in found for table in metadata.tables.values() for step in writes_to(table)]


def writes_to(table: Table) -> Iterator[BulkWrite]:
    for column in table.columns:
        value = changed(column)
        if value is not None:
            yield BulkWrite("UPDATE", str(column), statement=update(table).values({column: value}))
    yield BulkWrite("DELETE", table.fullname, statement=delete(table))


def changed(column: Column[Any]) -> ColumnElement[Any] | None:
    """Return another value for a column in each row; None where only the application can know one."""
    kind = column.type
    if column.primary_key or column.foreign_keys or column.unique or column.computed or isinstance(kind, Enum):
        return None
    if isinstance(kind, Boolean):
        return not_(func.coalesce(column, False))  # SQL's FALSE
    if isinstance(kind, Integer | Numeric):
        return func.coalesce(column, 0) + 1
    return func.coalesce(column, "") + "~" if isinstance(kind, String) else None
