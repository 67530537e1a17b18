"""Databases for tests whose transactions are real: what is rolled back in the end was never committed, or cached."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, create_engine, inspect, text

from hotroute import cache
from hotroute.database import engines


@contextmanager
def sqlite(folder: Path) -> Iterator[Engine]:
    """An engine on a SQLite file in `folder`, with the pragmas of production."""
    engine = create_engine(**engines.options(f"sqlite:///{folder / 'hot.db'}", pool_size=5, timeout=5))
    engines.prepare(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def truncate_all(engine: Engine, *schemas: MetaData, restart_ids: bool = False) -> None:
    """Delete every row of the schemas' tables, in one committed transaction that the cache sees.

    Args:
        engine: the application's own; through another one, the cache would not know.
        restart_ids: have the database give out ids from one again, so that a test that begins anew finds the same.
    """
    with engine.execution_options(**engines.WRITES).begin() as connection:
        for schema in schemas:
            for table in reversed(schema.sorted_tables):
                connection.execute(table.delete())
        if restart_ids:
            restart(connection, [name for schema in schemas for name in schema.tables])


def restart(connection: Connection, tables: list[str]) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY CASCADE"))
    elif inspect(connection).has_table("sqlite_sequence"):
        connection.execute(text("DELETE FROM sqlite_sequence"))
    # The rows went by statements before; this text, which the cache cannot read, changes no answer.
    cache.invalidate(connection)
