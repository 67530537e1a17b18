"""Flask-Caching on our backends, as its documentation configures it."""

from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

import pytest
from flask import Flask
from flask_caching import Cache

REDIS, SIMPLE = "hotroute.cache.flask_caching.backends.RedisCache", "hotroute.cache.flask_caching.backends.SimpleCache"
TIMEOUT = 5
"""Seconds; these tests are not about Redis being away."""


@contextmanager
def bound(config: dict[str, Any]) -> Iterator[tuple[Flask, Cache]]:
    """A Flask application and its cache; the context is pushed."""
    app, cache = Flask("bound"), Cache()
    cache.init_app(app, config)
    with app.app_context():
        yield app, cache
        cache.clear()
        if link := getattr(cache.cache, "link", None):
            link.pool.disconnect()


@pytest.fixture(params=["RedisCache", "SimpleCache"])
def config(request: pytest.FixtureRequest) -> dict[str, Any]:
    if request.param == "SimpleCache":
        return {"CACHE_TYPE": SIMPLE}
    return {
        "CACHE_TYPE": REDIS,
        "CACHE_REDIS_URL": request.getfixturevalue("redis_url"),
        "CACHE_REDIS_TIMEOUT": TIMEOUT,
        "CACHE_KEY_PREFIX": f"test_{token_hex(4)}_",
        "CACHE_MARK_TTL": 0.2,
    }


@pytest.fixture
def pair(config: dict[str, Any]) -> Iterator[tuple[Flask, Cache]]:
    with bound(config) as made:
        yield made


@pytest.fixture
def app(pair: tuple[Flask, Cache]) -> Flask:
    return pair[0]


@pytest.fixture
def cache(pair: tuple[Flask, Cache]) -> Cache:
    return pair[1]
