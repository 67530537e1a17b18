"""An application whose every route has something to be advised; Gunicorn serves it."""

import os
import time
from typing import Any

from flask import Flask, jsonify
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, create_engine, insert, select, text, update

from hotroute import cache, profiler
from hotroute.cache import MemoryStore, hot
from hotroute.database import engines
from hotroute.settings.common import CommonSettings

ROWS = 20
COUNTING = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT max(i) FROM n")
"""Work for the database, a few milliseconds of it."""
metadata = MetaData()
things = Table(
    "things",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(50)),
    Column("count", Integer),
)


def make() -> Flask:
    app = Flask("workloads", static_folder=None)
    engine = filled()
    add_waiting(app)
    add_queries(app, engine)
    add_stock(app, engine)
    cache.init_app(app, MemoryStore(), cache.CacheOptions((engine,), (metadata,)))
    options = profiler.Options(
        url=os.environ["PROFILER_URL"],
        password="a password for tests",
        release="tests",
        engines=(engine,),
        samples_per_second=10_000.0,
    )
    profiler.init_app(app, options)
    return app


def filled() -> Engine:
    shop = CommonSettings.read(os.environ).data_dir / "shop.db"
    engine = create_engine(**engines.options(f"sqlite:///{shop}", pool_size=8, timeout=20))
    engines.prepare(engine)
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(things), [{"id": key, "name": "thing", "count": 0} for key in range(ROWS)])
    return engine


def add_waiting(app: Flask) -> None:
    @app.get("/ready")
    def ready() -> str:
        return "ready"

    @app.get("/waits")
    def waits() -> str:
        time.sleep(0.1)
        return "waited"

    @app.get("/computes")
    def computes() -> str:
        until = time.thread_time() + 0.006
        while time.thread_time() < until:
            sum(range(200))
        return "computed"


def add_queries(app: Flask, engine: Engine) -> None:
    @app.get("/each")
    def each() -> Any:
        """One statement for all keys, and one for each row."""
        with engine.connect() as connection:
            keys = connection.scalars(select(things.c.id)).all()
            names = [connection.scalar(select(things.c.name).where(things.c.id == key)) for key in keys]
        return jsonify(names)

    @app.get("/together")
    def together() -> Any:
        with engine.connect() as connection:
            return jsonify(list(connection.scalars(select(things.c.name))))

    @app.get("/catalogue")
    def catalogue() -> Any:
        """Takes its time, and nobody ever writes what it shows."""
        with engine.connect() as connection:
            connection.execute(COUNTING)
            return jsonify(list(connection.scalars(select(things.c.name))))


def add_stock(app: Flask, engine: Engine) -> None:
    @app.get("/stock")
    @hot()
    def stock() -> Any:
        with engine.connect() as connection:
            return jsonify(list(connection.scalars(select(things.c.count))))

    @app.post("/stock")
    def sell() -> tuple[str, int]:
        with engine.execution_options(**engines.WRITES).begin() as connection:
            connection.execute(update(things).values(count=things.c.count + 1))
        return "", 204


app = make() if "PROFILER_URL" in os.environ else None
