"""Alembic's environment: the connection that `prepare` opened."""

from alembic import context

from hotroute.profiler.migrations import VERSION_TABLE
from hotroute.profiler.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
