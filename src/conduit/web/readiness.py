"""What Conduit cannot serve without, and what it can."""

from flask import Flask
from sqlalchemy import text

from conduit.config import Settings
from conduit.extensions import db
from hotroute import health
from hotroute.cache.readiness import check


def init_app(app: Flask, settings: Settings) -> None:
    wanted = {"cache": lambda: check(app.extensions["hotroute.store"])} if settings.cache_enabled else {}
    app.register_blueprint(health.blueprint(needed={"database": ask_database}, wanted=wanted))


def ask_database() -> None:
    db.session.execute(text("SELECT 1"))
