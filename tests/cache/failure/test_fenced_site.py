"""Conduit over HTTP while nobody reaches Redis: writes succeed, and what Redis still holds afterwards is not served."""

import json
import secrets
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest
from sqlalchemy import Engine, inspect

from tests import databases
from tests.api import PASSWORD
from tests.cache.failure.proxy import Proxy, proxy_to
from tests.cache.failure.servers import RedisServer
from tests.conftest import SECRET
from tests.servers import gunicorn_server, wait_until

pytestmark = pytest.mark.matrix

USER = {"username": "jake", "email": "jake@example.com", "password": PASSWORD}
DRAFT = {"title": "Title", "description": "first", "body": "b", "tagList": []}


class Site:
    """Two workers whose Redis is behind `proxy`."""

    def __init__(self, port: int, proxy: Proxy) -> None:
        self.port, self.proxy, self.token = port, proxy, ""
        self.token = self.call("POST", "/users", {"user": USER})["user"]["token"]
        self.call("POST", "/articles", {"article": DRAFT})

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, str, Any]:
        """Status, Cache-Status and JSON."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Token {self.token}"} if body else {})
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, f"/api{path}", json.dumps(body) if body else None, headers)
            response = connection.getresponse()
            return response.status, response.getheader("Cache-Status", ""), json.loads(response.read())
        finally:
            connection.close()

    def call(self, method: str, path: str, body: object = None) -> Any:
        status, _, answer = self.ask(method, path, body)
        assert status in (200, 201), answer
        return answer

    def describe(self, text: str) -> None:
        self.call("PUT", "/articles/title", {"article": {"description": text}})

    def is_hit(self, text: str) -> bool:
        """Whether it is; the answer says `text` in any case."""
        status, cache, answer = self.ask("GET", "/articles/title")
        assert (status, answer["article"]["description"]) == (200, text), cache
        return "; hit" in cache


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with databases.connected(database_url) as made:
        databases.empty(made)
        yield made


@pytest.fixture
def site(engine: Engine, database_url: str, server: RedisServer) -> Iterator[Site]:
    with proxy_to(server.port) as proxy:
        environ = {
            "SECRET_KEY": SECRET,
            "DATABASE_URL": database_url,
            "REDIS_URL": proxy.url,
            "REDIS_TIMEOUT": "0.5",
            "CACHE_MARK_TTL": "1",
            "CACHE_NAMESPACE": f"test:{secrets.token_hex(4)}:",
            "GUNICORN_WORKERS": "2",
        }
        with gunicorn_server("wsgi:app", environ) as running:
            yield Site(int(running.environ["APP_PORT"]), proxy)


def test_writes_without_redis_succeed_and_what_it_held_before_is_not_served_after(site: Site) -> None:
    wait_until(lambda: site.is_hit("first"), "the server is trusted")
    site.proxy.refuse()
    for text in ("second", "third"):
        site.describe(text)
        assert not site.is_hit(text)
    site.proxy.listen()
    wait_until(lambda: site.is_hit("third"), "the cache is used again")
    site.describe("fourth")
    wait_until(lambda: site.is_hit("fourth"), "and followed")


@pytest.mark.only("postgresql")
def test_the_fence_has_a_table_that_no_migration_knows(site: Site, engine: Engine) -> None:
    wait_until(lambda: site.is_hit("first"), "the server is trusted")
    with engine.connect() as connection:
        assert "hotroute_fence" in inspect(connection).get_table_names()
