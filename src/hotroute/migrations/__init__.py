"""Alembic migrations that lose no rows; `run` is all that an application's `env.py` calls."""

from hotroute.extras import extra

with extra("migrations"):
    from hotroute.migrations.environment import opened, run
    from hotroute.migrations.foreign_keys import BrokenReferencesError

__all__ = ["BrokenReferencesError", "opened", "run"]
