"""An application that asks its database, its cache and its Redis on import, and then echoes numbers through them."""

import os
from collections.abc import Callable
from typing import Any

import psycopg
import redis
from flask import Flask
from flask_caching import Cache
from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import Engine, Integer, MetaData, bindparam, create_engine, select
from sqlalchemy.pool import Pool, QueuePool

from hotroute import cache
from tests.databases import driver
from tests.forks.clients import WAYS

ECHO = select(bindparam("number", type_=Integer))


def make_app() -> Flask:
    """Build the application and ask through each of its connections once, in this process."""
    url, redis_url = os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
    app = Flask("forked", static_folder=None)
    app.config["SQLALCHEMY_ENGINES"] = {"default": driver(url)}
    db, responses = SQLAlchemy(app), Cache()
    # Nobody is told of these two: neither Flask's extension nor the cache.
    own, pool = create_engine(driver(url)), QueuePool(lambda: connect(url))
    reader = own.execution_options(isolation_level="AUTOCOMMIT")
    client = redis.Redis.from_url(redis_url)
    backend = {"CACHE_TYPE": "hotroute.cache.flask_caching.backends.RedisCache", "CACHE_REDIS_URL": redis_url}
    responses.init_app(app, backend | {"CACHE_REDIS_TIMEOUT": 5, "CACHE_SECRET": "for tests only"})
    link = app.extensions["cache"][responses].link
    ask: dict[str, Callable[[int], Any]] = {
        "session": lambda number: db.session.scalar(ECHO, {"number": number}),
        "engine": lambda number: ask_engine(own, number),
        "reader": lambda number: ask_engine(reader, number),
        "pool": lambda number: ask_pool(pool, number),
        "cache": lambda number: int(link.call("ECHO", number)),
        "redis": lambda number: int(client.echo(str(number))),
    }

    @app.get("/echo/<way>/<int:number>")
    def echo(way: str, number: int) -> dict[str, object]:
        return {"number": ask[way](number), "pid": os.getpid()}

    @app.get("/healthz")
    def healthz() -> str:
        return ""

    with app.app_context():
        cache.init_app(app, responses, cache.CacheOptions((db.engine,), (MetaData(),)))
        assert [ask[way](7) for way in WAYS] == [7] * len(WAYS)
    return app


def connect(url: str) -> Any:
    return psycopg.connect(url)


def ask_engine(engine: Engine, number: int) -> Any:
    with engine.connect() as connection:
        return connection.scalar(ECHO, {"number": number})


def ask_pool(pool: Pool, number: int) -> Any:
    connection = pool.connect()
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT %s", (number,))
        return cursor.fetchone()[0]  # type: ignore[index]
    finally:
        connection.close()


app = make_app()
