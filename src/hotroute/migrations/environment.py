"""The body of an `env.py`: one transaction for all steps, on SQLite with the foreign keys off while it lasts."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, create_engine, text

from hotroute.cache import invalidate_everything
from hotroute.cache.tracking import outage_fence
from hotroute.database import engines
from hotroute.migrations import copies, foreign_keys, sqlite_objects, sqlite_tables

LOCK = 7_203_451
"""PostgreSQL's advisory lock of a migration: any number that nothing else in the database locks."""

ENGINE = "engine"
"""The key of Alembic's `Config.attributes` for an engine to migrate in place of the URL's."""


def run(
    metadata: MetaData,
    open_engine: Callable[[], AbstractContextManager[Engine]],
    *,
    keep_copies: bool = False,
    **options: Any,
) -> None:
    """Run what Alembic was asked for: an upgrade, a downgrade, or the comparison for a new revision.

    Args:
        open_engine: such as `opened`; not called where `Config.attributes["engine"]` is an engine that
            `hotroute.database.engines` prepared.
        keep_copies: keep a copy of a SQLite file that has rows beside it, before a step changes it.
        options: more arguments of Alembic's `context.configure`.

    Raises:
        BrokenReferencesError: rows refer to nothing after the last step; everything was rolled back.
    """
    given: Engine | None = context.config.attributes.get(ENGINE)
    with nullcontext(given) if given is not None else open_engine() as engine:
        steps: list[Callable[[Connection], None]] = [invalidate_everything]
        if keep_copies and engine.dialect.name == "sqlite":
            steps.append(copies.keeper(engine, options.get("version_table", "alembic_version")))
        migrate(engine, metadata, steps, {"include_name": is_migrated, **options})


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Yield an engine whose statements may take as long as they like."""
    engine = create_engine(url)
    engines.prepare(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def is_migrated(name: str | None, kind: str, _: object) -> bool:
    """Return False for the table that the cache's fence creates itself: a new revision must not drop it."""
    return not (kind == "table" and name == outage_fence.rows.name)


def lock_others_out(connection: Connection, number: int = LOCK) -> None:
    """Have several hosts that start at once migrate one after the other; SQLite's BEGIN IMMEDIATE does it by itself."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({number})"))


def migrate(
    engine: Engine,
    metadata: MetaData,
    after_step: list[Callable[[Connection], None]],
    options: dict[str, Any],
    lock: Callable[[Connection], None] = lock_others_out,
) -> None:
    """Run the steps on a connection of the engine, all of them or none.

    Args:
        after_step: called within the transaction when a step has changed the schema.
        lock: called within the transaction before the first step, so that of several hosts only one migrates.
    """

    def changed(ctx: MigrationContext, *_: Any, **__: Any) -> None:
        assert ctx.connection is not None  # noqa: S101
        for each in after_step:
            each(ctx.connection)

    is_sqlite = engine.dialect.name == "sqlite"
    with ExitStack() as stack:
        connection = stack.enter_context(engine.connect().execution_options(**engines.WRITES))
        if is_sqlite:
            stack.enter_context(foreign_keys.switched_off(connection))
        context.configure(
            connection=connection,
            target_metadata=metadata,
            compare_server_default=True,
            # SQLite changes a table by copying it.
            render_as_batch=is_sqlite,
            # Without it Alembic takes SQLite's schema changes for what no transaction holds.
            transactional_ddl=True,
            on_version_apply=changed,
            **options,
        )
        stack.enter_context(context.begin_transaction())
        lock(connection)
        if is_sqlite:
            stack.enter_context(sqlite_tables.kept(connection))
            stack.enter_context(sqlite_objects.kept(connection))
            stack.enter_context(foreign_keys.checked(connection))
        context.run_migrations()
