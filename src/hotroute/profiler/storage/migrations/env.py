"""Alembic's environment: the engine that `prepare` was given."""

from alembic import context

from hotroute.migrations import environment
from hotroute.profiler.storage.migrations import VERSION_TABLE, running
from hotroute.profiler.storage.schema import metadata

environment.migrate(
    context.config.attributes[environment.ENGINE],
    metadata,
    [],
    {"version_table": VERSION_TABLE},
    running.lock,
)
