"""Answer `/healthz` and `/readyz`: the database is needed, the cache is wanted."""

from typing import Any, Protocol

from flask import Flask
from sqlalchemy import text

from hotroute import health
from hotroute.cache.readiness import check
from hotroute.settings.application import CacheSettings


class HasSession(Protocol):
    @property
    def session(self) -> Any: ...


def init_app(app: Flask, db: HasSession, settings: CacheSettings) -> None:
    wanted = {"cache": lambda: check(app.extensions["hotroute.store"])} if settings.cache_enabled else {}
    needed = {"database": lambda: db.session.execute(text("SELECT 1"))}
    app.register_blueprint(health.blueprint(needed=needed, wanted=wanted))
