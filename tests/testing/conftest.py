"""A small application of one table: a hot route, a write, and views that misbehave on purpose."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, jsonify, request
from sqlalchemy import Engine, create_engine, insert, select
from sqlalchemy.pool import NullPool
from werkzeug.test import TestResponse

from hotroute import cache
from hotroute.cache import MemoryStore, RedisClient, RedisStore, hot
from hotroute.cache.store.base import Store
from hotroute.testing import truncate_all
from tests.cache.twenty_lines import make, metadata, notes

MARK_TTL = 0.3


@pytest.fixture(params=["redis", "memory"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore(mark_ttl=MARK_TTL)
        return
    link = RedisClient(request.getfixturevalue("redis_url"), timeout=5)
    yield RedisStore(link, f"test:{secrets.token_hex(4)}:", mark_ttl=MARK_TTL)
    link.pool.disconnect()


@pytest.fixture
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return create_engine(f"sqlite:///{tmp_path_factory.mktemp('notes') / 'notes.db'}", poolclass=NullPool)


@pytest.fixture
def app(store: Store, engine: Engine) -> Flask:
    app = make(engine)
    misbehave(app, engine)
    cache.init_app(app, store, cache.CacheOptions((engine,), (metadata,), manual_tags=("another",)))
    return app


def misbehave(app: Flask, engine: Engine) -> None:
    @app.get("/cold")
    def cold() -> str:
        return "cold"

    @app.get("/cookie")
    @hot(tags=())
    def cookie() -> Any:
        answer = jsonify(n=1)
        answer.set_cookie("seen", "1")
        return answer

    @app.get("/random")
    @hot(tags=())
    def random() -> Any:
        return jsonify(n=secrets.token_hex(8), always="same")

    @app.get("/declared")
    @hot(tags=("another",))
    def declared() -> Any:
        with engine.connect() as connection:
            return jsonify(texts=list(connection.scalars(select(notes.c.text))))

    @app.post("/visits")
    def visit() -> Any:
        with engine.begin() as connection:
            connection.execute(insert(notes).values(id=1000, text=request.remote_addr))
        return "", 204


@pytest.fixture
def get(app: Flask) -> Callable[..., TestResponse]:
    client = app.test_client(use_cookies=False)
    return lambda path="/notes/1", **given: client.get(path, **given)


@pytest.fixture
def put(app: Flask) -> Callable[[int, str], TestResponse]:
    client = app.test_client(use_cookies=False)
    return lambda key, text: client.put(f"/notes/{key}", json={"text": text})


@pytest.fixture
def reset(engine: Engine) -> Callable[[], None]:
    return lambda: truncate_all(engine, metadata)
