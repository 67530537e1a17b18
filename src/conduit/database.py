"""Conduit's database: engine and sessions, from the settings."""

import os
from inspect import iscoroutinefunction

from flask import Flask, current_app
from sqlalchemy import Connection, Engine

from conduit.config import Settings
from conduit.extensions import db
from hotroute import serving
from hotroute.database import engines
from hotroute.lifecycle import on_close


def init_app(app: Flask, settings: Settings) -> None:
    engines.make_folder(settings.database)
    pool_size = settings.database_pool_size or serving.threads(os.environ)
    app.config["SQLALCHEMY_ENGINES"] = {
        "default": engines.options(settings.database, pool_size=pool_size, timeout=settings.database_timeout)
    }
    db.init_app(app)
    # The extension closes asynchronous sessions after each request, in a thread made for it: 350 us, and we have none.
    hooks = app.teardown_appcontext_funcs
    hooks[:] = [hook for hook in hooks if not iscoroutinefunction(hook)]
    with app.app_context():
        # What a use case wrote is answered from memory after its commit, not read again.
        db.sessionmaker.configure(expire_on_commit=False)
        engines.prepare(db.engine, settings.database_timeout)
        app.extensions["reader"] = engines.reader(db.engine)
        on_close(app, db.engine.dispose)


def reading() -> Connection:
    """A connection for the statements of a use case that only reads; close it, as a context manager."""
    engine: Engine = current_app.extensions["reader"]
    return engine.connect()
