"""Alembic's environment: which database, which models."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text

from conduit import config
from conduit.database import make_folder
from conduit.models import Base
from conduit.models.base import Timestamp
from conduit.web import hotness
from hotroute import cache, database
from hotroute.cache import fence

LOCK = 7_203_451  # any number that nothing else in the database locks


def render(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Migrations outlive the models: they name the column's type as SQLAlchemy knows it."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Timestamp) else False


def include(name: str | None, kind: str, _: object) -> bool:
    """The cache's fence makes its own table (`hotroute.cache.fence`), which is no model's."""
    return not (kind == "table" and name == fence.rows.name)


def changed(ctx: MigrationContext, **_: Any) -> None:
    assert ctx.connection is not None  # noqa: S101
    cache.invalidate_everything(ctx.connection)


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_server_default=True,
        # SQLite changes a table by copying it.
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=render,
        include_name=include,
        # Within the transaction of each step.
        on_version_apply=changed,
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
    settings = config.load()
    make_folder(settings.database)
    engine = create_engine(settings.database)
    database.prepare(engine)
    with (
        hotness.following(engine, settings),
        engine.connect().execution_options(**database.WRITES) as connection,
    ):
        run(connection)
        connection.commit()
    engine.dispose()


migrate()
