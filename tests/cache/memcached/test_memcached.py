"""Memcached serves Flask-Caching's own calls, and no hot routes."""

from collections.abc import Iterator
from secrets import token_hex

import pytest
from flask import Flask
from flask_caching import Cache

from hotroute import cache as hotroute_cache
from hotroute.cache import CacheOptions


@pytest.fixture
def app() -> Flask:
    return Flask("app")


@pytest.fixture
def cache(app: Flask, memcached: str) -> Iterator[Cache]:
    prefix = f"test_{token_hex(4)}_"
    made = Cache(
        app,
        config={
            "CACHE_TYPE": "MemcachedCache",
            "CACHE_MEMCACHED_SERVERS": [memcached],
            "CACHE_KEY_PREFIX": prefix,
        },
    )
    with app.app_context():
        yield made
        made.cache._client.disconnect_all()  # type: ignore[attr-defined]


def test_flask_cachings_own_calls_keep_their_values_in_memcached(cache: Cache) -> None:
    calls: list[int] = []

    @cache.memoize()
    def double(number: int) -> int:
        calls.append(number)
        return number * 2

    assert cache.set("key", {"a": [1, 2]})
    assert cache.get("key") == {"a": [1, 2]}
    assert [double(2), double(2), double(3)] == [4, 4, 6]
    assert calls == [2, 3]
    cache.delete_memoized(double)
    assert double(2) == 4
    assert cache.delete("key")
    assert cache.get("key") is None


def test_a_cached_view_is_kept_there_and_not_in_this_process(app: Flask, cache: Cache) -> None:
    answered: list[int] = []

    @app.get("/")
    @cache.cached()
    def view() -> str:
        answered.append(1)
        return "a view"

    client = app.test_client()
    assert [client.get("/").text for _ in range(2)] == ["a view"] * 2
    assert len(answered) == 1
    cache.clear()
    assert client.get("/").text == "a view"
    assert len(answered) == 2


def test_hot_routes_refuse_to_start_on_it(app: Flask, cache: Cache) -> None:
    with pytest.raises(ValueError, match=r"MemcachedCache.*hotroute\.cache\.flask_caching\.backends\.RedisCache"):
        hotroute_cache.init_app(app, cache, CacheOptions((), ()))
