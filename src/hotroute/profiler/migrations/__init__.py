"""The storage's own migrations: it brings itself up to date when a worker starts."""

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from hotroute import database
from hotroute.profiler.schema import SCHEMA

VERSION_TABLE = "profiler_version"
LOCK = 7_203_452  # any number that nothing else in the database locks
PATIENCE = 60.0


def prepare(engine: Engine) -> None:
    """Bring the tables to the newest revision; of workers that start together, one does it and the others wait.

    Raises:
        sqlalchemy.exc.DBAPIError: the database cannot be reached or written, or was locked for a minute.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            migrate(engine)
            return
        except DBAPIError as error:
            # SQLite does not wait for who makes the file or begins its log.
            if "locked" not in str(error.orig) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def migrate(engine: Engine, revision: str = "head") -> None:
    """To the revision, up, or down to "base"."""
    configuration = config()
    with engine.connect() as connection:
        if current(connection) == target(configuration, revision):
            return
    with engine.connect().execution_options(**database.WRITES) as connection, connection.begin():
        configuration.attributes["connection"] = connection
        lock(connection)
        (command.downgrade if revision == "base" else command.upgrade)(configuration, revision)


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return made


def target(configuration: Config, revision: str) -> str | None:
    return ScriptDirectory.from_config(configuration).get_current_head() if revision == "head" else None


def current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()


def lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        # IF NOT EXISTS asks for the right to create schemas even where there is nothing to create.
        if not connection.scalar(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": SCHEMA}):
            connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
