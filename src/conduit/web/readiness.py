"""What Conduit cannot serve without, and what it can."""

from flask import Flask
from sqlalchemy import text

from conduit.config import Settings
from conduit.extensions import db
from hotroute import health, redis_client


def init_app(app: Flask, settings: Settings) -> None:
    cache = redis_client.connect(settings.redis, settings.redis_timeout)
    app.register_blueprint(health.blueprint(needed={"database": ask_database}, wanted={"cache": cache.ping}))


def ask_database() -> None:
    db.session.execute(text("SELECT 1"))
