"""Databases for tests whose transactions are real: what is rolled back in the end was never committed, or cached."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, MetaData, create_engine

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


def truncate_all(engine: Engine, *schemas: MetaData) -> None:
    """Delete every row of the schemas' tables, in one committed transaction that the cache sees.

    Args:
        engine: the application's own; through another one, the cache would not know.
    """
    with engine.execution_options(**engines.WRITES).begin() as connection:
        for schema in schemas:
            for table in reversed(schema.sorted_tables):
                connection.execute(table.delete())
