"""Alembic's environment: which database, which models."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, create_engine, text

from conduit import config
from conduit.database import make_folder
from conduit.models import Base
from conduit.models.base import Timestamp
from hotroute import database

LOCK = 7_203_451  # any number that nothing else in the database locks


def render(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Migrations outlive the models: they name the column's type as SQLAlchemy knows it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Timestamp) else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_server_default=True,
        # SQLite changes a table by copying it.
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Several hosts that start at once migrate one after the other.
            connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        context.run_migrations()


def migrate() -> None:
    given: Connection | None = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    url = config.load().database
    make_folder(url)
    engine = create_engine(url)
    database.prepare(engine)
    with engine.connect().execution_options(**database.WRITES) as connection:
        run(connection)
        connection.commit()
    engine.dispose()


migrate()
