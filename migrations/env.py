"""Alembic's environment: which database, which models."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from conduit import config
from conduit.models import Base
from hotroute import migrations, setup
from hotroute.database import columns
from hotroute.database.engines import make_folder


@contextmanager
def open_engine() -> Iterator[Engine]:
    settings = config.load()
    make_folder(settings.database)
    with migrations.opened(settings.database) as engine, setup.following(engine, settings):
        yield engine


# Read by itself: where an engine is given, no other setting is needed.
IS_DEVELOPMENT = os.environ.get("APP_ENV") == "development"

migrations.run(Base.metadata, open_engine, keep_copies=IS_DEVELOPMENT, render_item=columns.render)
