"""A small application that reaches Redis over a proxy that misbehaves, and one beside it that is never cut off."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool
from werkzeug.test import TestResponse

from hotroute import cache
from hotroute.cache import RedisClient, RedisStore
from hotroute.cache.redis_client.endpoint import Endpoint
from hotroute.cache.tracking.outage_fence import Fence
from hotroute.testing import isolation
from tests.cache.failure.proxy import Proxy, proxy_to
from tests.cache.failure.servers import RedisServer, redis_of_its_own
from tests.cache.twenty_lines import make, metadata
from tests.servers import wait_until

MARK_TTL = 0.4
TIMEOUT = 0.4
"""Seconds; enough for this machine where Redis answers, and short where the tests wait for it in vain."""

PERIOD = 0.3
"""Seconds of the breaker, where a test waits for the recovery."""


LIFE, HOLDS = 0.4, 1.5
"""Seconds of the fence."""


@dataclass
class Notes:
    """The small application, and what its answers must say."""

    app: Flask
    link: RedisClient

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def read(self) -> TestResponse:
        answer = self.client.get("/notes/1")
        assert answer.status_code == 200, answer.text
        return answer

    def text(self) -> object:
        return (self.read().json or {})["text"]

    def write(self, text: str) -> int:
        answer = self.client.put("/notes/1", json={"text": text})
        assert answer.status_code in (204, 503), answer.text
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) > 0
        return answer.status_code

    def is_hit(self, text: str) -> bool:
        answer = self.read()
        assert answer.json == {"text": text}
        return "; hit" in answer.headers["Cache-Status"]

    def warm(self, text: str) -> None:
        """Until the answer comes from the cache; it is `text` all the time."""
        wait_until(lambda: self.is_hit(text), f"a hit that says {text}")

    def write_at_last(self, text: str) -> None:
        wait_until(lambda: self.write(text) == 204, "a write succeeds")


@contextmanager
def notes(
    url: str | Endpoint, folder: Path, namespace: str, timeout: float = TIMEOUT, *, fenced: bool = False
) -> Iterator[Notes]:
    engine = create_engine(f"sqlite:///{folder / 'notes.db'}", poolclass=NullPool)
    link = RedisClient(url, timeout, PERIOD)
    app = make(engine)
    store = RedisStore(link, namespace, mark_ttl=MARK_TTL)
    fence = Fence(engine, store, LIFE, HOLDS) if fenced else None
    cache.init_app(app, store, cache.CacheOptions((engine,), (metadata,), fence=fence))
    if fence:
        fence.start()
    yield Notes(app, link)
    if fence:
        fence.stop()
    link.pool.disconnect()


@dataclass
class Scene:
    """One database, one Redis, and two applications on them.

    Attributes:
        far: whose link leads over the proxy.
        near: whose link does not; its timeout is long.
    """

    server: RedisServer
    proxy: Proxy
    far: Notes
    near: Notes
    namespace: str


@pytest.fixture(scope="session")
def shared_server() -> Iterator[RedisServer]:
    with redis_of_its_own() as running:
        yield running


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """One that was never touched, where the test is marked `own_server`."""
    if request.node.get_closest_marker("own_server"):
        with redis_of_its_own() as running:
            yield running
    else:
        yield request.getfixturevalue("shared_server")


@pytest.fixture
def scene(request: pytest.FixtureRequest, server: RedisServer, tmp_path: Path) -> Iterator[Scene]:
    """With a fence, where the test is marked `fenced`."""
    namespace, fenced = f"test:{token_hex(4)}:", request.node.get_closest_marker("fenced") is not None
    with (
        proxy_to(server.port) as proxy,
        notes(proxy.url, tmp_path, namespace, fenced=fenced) as far,
        notes(server.url, tmp_path, namespace, timeout=5, fenced=fenced) as near,
    ):
        isolation.let_it_be_old(near.app.extensions["hotroute.store"])
        yield Scene(server, proxy, far, near, namespace)
