"""Alembic, run by the program itself."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from hotroute.migrations.environment import ENGINE, lock_others_out
from hotroute.profiler.storage.schema import SCHEMA

LOCK = 7_203_452  # any number that nothing else in the database locks


def migrate(engine: Engine, revision: str = "head") -> None:
    """To the revision: up, or down to "base"."""
    configuration = config()
    configuration.attributes[ENGINE] = engine
    (command.downgrade if revision == "base" else command.upgrade)(configuration, revision)


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return made


def lock(connection: Connection) -> None:
    """Let one worker migrate, and create the schema that its tables are in."""
    lock_others_out(connection, LOCK)
    if connection.dialect.name != "postgresql":
        return
    # IF NOT EXISTS asks for the right to create schemas even where there is nothing to create.
    if not connection.scalar(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": SCHEMA}):
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))
