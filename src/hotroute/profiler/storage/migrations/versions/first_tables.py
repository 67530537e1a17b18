"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "profiler_changes",
        sa.Column("resolution", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("worker", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("resolution", "bucket", "worker", name=op.f("pk_profiler_changes")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiler_counters",
        sa.Column("resolution", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("name", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("worker", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resolution", "bucket", "name", "worker", name=op.f("pk_profiler_counters")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiler_executions",
        sa.Column("resolution", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("series", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("statement", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("worker", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("executions", sa.BigInteger(), nullable=False),
        sa.Column("most", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint(
            "resolution", "bucket", "series", "statement", "worker", name=op.f("pk_profiler_executions")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiler_gauges",
        sa.Column("name", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_profiler_gauges")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiler_latencies",
        sa.Column("resolution", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("series", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("worker", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("longest", sa.Double(), nullable=False),
        sa.Column("histogram", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("resolution", "bucket", "series", "worker", name=op.f("pk_profiler_latencies")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiler_pulses",
        sa.Column("resolution", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("worker", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("elapsed", sa.Double(), nullable=False),
        sa.Column("busy", sa.Double(), nullable=False),
        sa.Column("threads", sa.BigInteger(), nullable=False),
        sa.Column("in_flight", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.BigInteger(), nullable=False),
        sa.Column("memory", sa.BigInteger(), nullable=False),
        sa.Column("lateness", sa.LargeBinary(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.Column("own_cpu", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("resolution", "bucket", "worker", name=op.f("pk_profiler_pulses")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiler_requests",
        sa.Column("resolution", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("series", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("status", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("worker", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint(
            "resolution", "bucket", "series", "status", "worker", name=op.f("pk_profiler_requests")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiler_samples",
        sa.Column("id", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("time", sa.Double(), nullable=False, autoincrement=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("series", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("cpu", sa.Double(), nullable=False),
        sa.Column("worker", sa.BigInteger(), nullable=False),
        sa.Column("has_stack", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", "time", name=op.f("pk_profiler_samples")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_profiler_samples_series", "profiler_samples", ["series", "time"])
    op.create_index("ix_profiler_samples_time", "profiler_samples", ["time", "kind", "size"])
    op.create_table(
        "profiler_series",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("cache", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiler_series")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiler_splits",
        sa.Column("resolution", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("series", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("worker", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("samples", sa.BigInteger(), nullable=False),
        sa.Column("wall", sa.Double(), nullable=False),
        sa.Column("view", sa.Double(), nullable=False),
        sa.Column("cpu", sa.Double(), nullable=False),
        sa.Column("sql", sa.Double(), nullable=False),
        sa.Column("cache", sa.Double(), nullable=False),
        sa.Column("outgoing", sa.Double(), nullable=False),
        sa.Column("waiting", sa.Double(), nullable=False),
        sa.Column("statements", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sized", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resolution", "bucket", "series", "worker", name=op.f("pk_profiler_splits")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiler_state",
        sa.Column("name", sa.Text(), nullable=False, autoincrement=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("time", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_profiler_state")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiler_statements",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiler_statements")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "profiler_workers",
        sa.Column("id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("merged", sa.BigInteger(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False),
        sa.Column("threads", sa.BigInteger(), nullable=False),
        sa.Column("in_flight", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.BigInteger(), nullable=True),
        sa.Column("memory", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_profiler_workers")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for name in (
        "workers",
        "statements",
        "state",
        "splits",
        "series",
        "samples",
        "requests",
        "pulses",
        "latencies",
        "gauges",
        "executions",
        "counters",
        "changes",
    ):
        op.drop_table(f"profiler_{name}")
