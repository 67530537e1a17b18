"""The storage's own migrations: it brings itself up to date when a worker starts."""

import time

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError

VERSION_TABLE = "profiler_version"
HEAD = "0001"
"""The newest revision."""

PATIENCE = 60.0


def prepare(engine: Engine) -> None:
    """Bring the tables to the newest revision; of workers that start together, one does it and the others wait.

    Raises:
        sqlalchemy.exc.DBAPIError: the database cannot be reached or written, or was locked for a minute.
        alembic.util.CommandError: the tables are of a newer version than this one.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if current(engine) != HEAD:
                upgrade(engine)
            return
        except DBAPIError as error:
            # SQLite does not wait for who makes the file or begins its log.
            if "locked" not in str(error.orig) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def current(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        version: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
        return version


def upgrade(engine: Engine) -> None:
    # Alembic takes a worker 25 MB and a quarter of a second, and there is hardly ever something to do for it.
    from hotroute.profiler.storage.migrations.running import migrate  # noqa: PLC0415

    migrate(engine)
