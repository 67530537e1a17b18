"""Engines for the storage, on SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import ColumnElement, Engine, Insert, Select, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import ConnectionPoolEntry

from hotroute.database import engines
from hotroute.profiler.storage.schema import SCHEMA

Source = tuple[list[str], Select[*tuple[Any, ...]]]
LOG_SIZE = 32 * 1024 * 1024


def engine(url: str, *, pool_size: int, timeout: float) -> Engine:
    """An engine whose tables are the profiler's: of a SQLite file, or of a schema of their own in PostgreSQL.

    Args:
        timeout: seconds to wait for a connection, a lock or an answer.
    """
    parsed = make_url(url)
    if parsed.drivername in {"postgresql", "postgres"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    whole = parsed.render_as_string(hide_password=False)
    made = create_engine(**engines.options(whole, pool_size=pool_size, timeout=timeout, schema=SCHEMA))
    in_file = made.dialect.name == "sqlite"
    if in_file:
        event.listen(made, "connect", reclaim_pages)
    engines.prepare(made, timeout, SCHEMA)
    if in_file:
        event.listen(made, "connect", trust_the_log)
    return made


def reclaim_pages(connection: Any, record: ConnectionPoolEntry) -> None:  # noqa: ARG001
    # Only of a file that is still empty, so before anything else is asked of it.
    connection.execute("PRAGMA auto_vacuum=INCREMENTAL")


def trust_the_log(connection: Any, record: ConnectionPoolEntry) -> None:  # noqa: ARG001
    # A power cut may take the last seconds of measurements, but not the file; that saves a sync for each write.
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(f"PRAGMA journal_size_limit={LOG_SIZE}")


def upsert(
    dialect: str,
    table: Table,
    *,
    replace: bool = True,
    source: Source | None = None,
    where: ColumnElement[bool] | None = None,
) -> Insert:
    """An INSERT that replaces the row with the same key, or leaves it.

    Args:
        where: of the row that is there, for it to be replaced.
        source: the names of columns, and a query that gives them; otherwise the rows are the statement's parameters.
    """
    statement = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(table)
    if source:
        statement = statement.from_select(*source)
    keys = list(table.primary_key.columns)
    # A row that is nothing but its key is set to what it is: until the commit it is locked.
    values = [column.name for column in table.columns if not column.primary_key] or [keys[0].name]
    if replace:
        changed = {name: statement.excluded[name] for name in values}
        return statement.on_conflict_do_update(index_elements=keys, set_=changed, where=where)
    return statement.on_conflict_do_nothing(index_elements=keys)
