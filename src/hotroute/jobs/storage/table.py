"""The table of jobs: status for callers and outbox for the relay, in one row for each job."""

from typing import Any, Literal

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Dialect,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

TABLE = "jobs"
State = Literal["queued", "running", "succeeded", "failed", "cancelled", "expired"]
FINISHED: tuple[State, ...] = ("succeeded", "failed", "cancelled")
MESSAGE_CHARACTERS = 200


def add_jobs_table(metadata: MetaData) -> Table:
    """Add the table to an application's metadata, so that its migrations make it.

    All times are seconds since 1970 by the database's clock: hosts whose clocks differ agree on a lease.
    """
    return Table(
        TABLE,
        metadata,
        Column("id", String(32), primary_key=True),
        Column("kind", String(64), nullable=False),
        Column("queue", String(32), nullable=False),
        Column("owner", String(64), nullable=False),
        Column("arguments", JSON, nullable=False),
        Column("idempotency_key", String(128)),
        Column("request_id", String(64), nullable=False),
        Column("state", String(16), nullable=False),
        Column("attempt", Integer, nullable=False),
        Column("done", Integer, nullable=False),
        Column("total", Integer, nullable=False),
        Column("message", String(MESSAGE_CHARACTERS), nullable=False),
        Column("version", Integer, nullable=False),
        Column("is_cancel_requested", Boolean, nullable=False),
        Column("result", JSON),
        Column("problem", JSON),
        Column("traceback", Text),
        Column("worker_token", String(32)),
        Column("is_published", Boolean, nullable=False),
        Column("created_at", Double, nullable=False),
        Column("publish_at", Double),
        Column("started_at", Double),
        Column("lease_until", Double),
        Column("finished_at", Double),
        UniqueConstraint("owner", "kind", "idempotency_key"),
        Index("ix_jobs_state_publish_at", "state", "publish_at"),
        Index("ix_jobs_state_lease_until", "state", "lease_until"),
        Index("ix_jobs_finished_at", "finished_at"),
    )


class epoch_now(FunctionElement[float]):  # noqa: N801  # reads as SQL does, like func.now()
    """The database's clock in seconds since 1970, also within a transaction that has begun long ago."""

    type = Double()
    inherit_cache = True


@compiles(epoch_now, "postgresql")
def compile_for_postgresql(_element: Any, _compiler: SQLCompiler, **_options: Any) -> str:
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) AS DOUBLE PRECISION)"


@compiles(epoch_now, "sqlite")
def compile_for_sqlite(_element: Any, _compiler: SQLCompiler, **_options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


def is_supported(dialect: Dialect) -> bool:
    return dialect.name in {"postgresql", "sqlite"}
