"""Flask-Caching's own calls while Redis is away: nothing is found, nothing is stored, and nothing fails."""

from collections.abc import Iterator
from secrets import token_hex

import pytest
from flask import Flask
from flask_caching import Cache

from tests.cache.failure.outages import Outage
from tests.cache.failure.proxy import Proxy, proxy_to
from tests.cache.failure.servers import RedisServer
from tests.cache.failure.test_outages import CASES, told
from tests.servers import wait_until


@pytest.fixture
def proxy(server: RedisServer) -> Iterator[Proxy]:
    with proxy_to(server.port) as between:
        yield between


@pytest.fixture
def cache(proxy: Proxy) -> Iterator[Cache]:
    app, cache = Flask("app"), Cache()
    config = {"CACHE_REDIS_URL": proxy.url, "CACHE_REDIS_TIMEOUT": 0.4, "CACHE_KEY_PREFIX": f"test{token_hex(4)}_"}
    cache.init_app(app, {"CACHE_TYPE": "hotroute.cache.flask_caching.backends.RedisCache", **config})
    with app.app_context():
        yield cache
        cache.cache.link.pool.disconnect()  # type: ignore[attr-defined]


@pytest.mark.parametrize("outage", CASES)
def test_every_call_goes_on_without_redis(
    cache: Cache, proxy: Proxy, server: RedisServer, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    cache.set("key", "value")
    cache.cache.link.breaker.period = 60  # type: ignore[attr-defined]
    outage.begin(proxy, server)
    # First, for a replica would go on reading.
    assert not cache.set("other", "value")
    assert cache.get("key") is None
    assert cache.get_many("a", "b") == [None, None]
    assert cache.get_dict("a") == {"a": None}
    assert not cache.add("key", "other")
    assert cache.set_many({"a": 1}) == []
    assert not cache.has("key")
    assert not cache.delete("key")
    assert cache.delete_many("a", "b") == []
    assert cache.cache.inc("count") is None
    assert cache.cache.dec("count") is None
    assert not cache.clear()
    assert not cache.unlink("key")
    assert len(told(caplog, "not usable")) == 1
    outage.end(proxy, server)
    cache.cache.link.breaker.until = 0.0  # type: ignore[attr-defined]
    assert cache.get("key") == "value"


def test_a_view_and_a_function_go_on_without_redis(cache: Cache, proxy: Proxy) -> None:
    calls: list[str] = []
    app: Flask = cache.app

    @app.get("/")
    @cache.cached()
    def view() -> str:
        calls.append("view")
        return double("x")

    @cache.memoize()
    def double(text: str) -> str:
        return text * 2

    proxy.refuse()
    assert [app.test_client().get("/").text for _ in range(3)] == ["xx"] * 3
    assert calls == ["view"] * 3
    cache.delete_memoized(double)
    proxy.listen()
    link = cache.cache.link  # type: ignore[attr-defined]
    link.breaker.until = 0.0
    assert [app.test_client().get("/").text for _ in range(3)] == ["xx"] * 3
    assert len(calls) == 4


@pytest.mark.own_server
def test_a_full_redis_stores_nothing_and_answers_what_it_has(
    cache: Cache, server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    cache.set("key", "value")
    server.call("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1")
    for _ in range(3):
        assert not cache.set("other", "value")
        assert cache.set_many({"other": "value"}) == []
        assert cache.get("key") == "value"
    assert len(told(caplog, "OOM")) == 1


def test_a_key_of_a_wrong_type_is_none_and_is_replaced(cache: Cache, caplog: pytest.LogCaptureFixture) -> None:
    link, prefix = cache.cache.link, cache.cache.prefix  # type: ignore[attr-defined]
    for _ in range(3):
        link.call("RPUSH", f"{prefix}key", "planted")
        assert cache.get("key") is None
        assert cache.cache.inc("key") is None
        assert cache.set("key", "value")
        assert cache.get("key") == "value"
        cache.delete("key")
    assert len(told(caplog, "WRONGTYPE")) == 1
    assert not told(caplog, "not usable")


def test_the_breaker_is_one_for_all(cache: Cache, proxy: Proxy) -> None:
    proxy.refuse()
    cache.get("key")
    store = cache.cache.store  # type: ignore[attr-defined]
    assert store.link is cache.cache.link  # type: ignore[attr-defined]
    assert store.link.breaker.until
    proxy.listen()
    wait_until(lambda: bool(cache.set("key", "value")), "Redis is used again")
