"""Hot routes beside Flask-Caching's own calls: one configuration, one link, and neither in the way of the other."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_caching import Cache
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from hotroute import cache as hotroute_cache
from hotroute.cache import CacheOptions, MarkExpiredError, MemoryStore, RedisStore, hot
from hotroute.cache.flask_caching.backends import store_of
from tests.cache.flask_caching.conftest import REDIS, SIMPLE
from tests.cache.twenty_lines import make, metadata
from tests.servers import wait_until


@pytest.fixture
def notes(config: dict[str, Any], tmp_path: Path) -> Iterator[tuple[Flask, Cache]]:
    """The small application with a hot route, configured through Flask-Caching."""
    engine = create_engine(f"sqlite:///{tmp_path / 'notes.db'}", poolclass=NullPool)
    app = make(engine)
    cache = Cache(app, config=config)

    @app.get("/hidden/<way>")
    @hot(tags=())
    def hidden(way: str) -> str:
        ways: dict[str, Callable[[], Any]] = {
            "get": lambda: cache.get("key"),
            "get_many": lambda: cache.get_many("key"),
            "get_dict": lambda: cache.get_dict("key"),
            "has": lambda: cache.has("key"),
            "add": lambda: cache.add("key", 1),
            "inc": lambda: cache.cache.inc("count"),
            "dec": lambda: cache.cache.dec("count"),
            "memoize": memoized,
            "set": lambda: cache.set("key", "value"),
        }
        return str(ways[way]())

    @cache.memoize()
    def memoized() -> str:
        return "text"

    hotroute_cache.init_app(app, cache, CacheOptions((engine,), (metadata,)))
    with app.app_context():
        yield app, cache
        cache.clear()
        if link := getattr(cache.cache, "link", None):
            link.pool.disconnect()


def is_hit(app: Flask, path: str) -> bool:
    return "; hit" in app.test_client().get(path).headers["Cache-Status"]


def test_a_hot_route_is_kept_by_the_backend_that_cache_type_names(notes: tuple[Flask, Cache]) -> None:
    app, cache = notes
    client = app.test_client()
    client.put("/notes/1", json={"text": "one"})
    wait_until(lambda: is_hit(app, "/notes/1"), "a hit")
    client.put("/notes/1", json={"text": "two"})
    assert client.get("/notes/1").json == {"text": "two"}
    cache.set("key", "value")
    assert is_hit(app, "/notes/1")


@pytest.mark.parametrize("way", ["get", "get_many", "get_dict", "has", "add", "inc", "dec", "memoize"])
def test_a_hot_view_that_uses_a_value_from_the_cache_is_not_stored(notes: tuple[Flask, Cache], way: str) -> None:
    app, cache = notes
    cache.set("key", "value")
    wait_until(lambda: is_hit(app, "/notes/1"), "the server is trusted")
    for _ in range(3):
        answer = app.test_client().get(f"/hidden/{way}")
        assert answer.status_code == 200
        assert "UNTRACKED-READ" in answer.headers["Cache-Status"]


def test_a_hot_view_that_only_writes_to_the_cache_is_stored(notes: tuple[Flask, Cache]) -> None:
    app, _ = notes
    wait_until(lambda: is_hit(app, "/hidden/set"), "a hit")


def test_clear_takes_the_stored_answers_and_neither_marks_nor_what_is_others(notes: tuple[Flask, Cache]) -> None:
    app, cache = notes
    store: Any = cache.cache.store  # type: ignore[attr-defined]
    wait_until(lambda: is_hit(app, "/notes/1"), "a hit")
    if isinstance(store, RedisStore):
        store.link.call("SET", "somebody else's", "value")
    store.mark(["notes"], "writer")
    cache.clear()
    assert "INVALIDATING" in app.test_client().get("/notes/1").headers["Cache-Status"], "the mark is still there"
    store.done(["notes"], "writer")
    assert app.test_client().get("/notes/1").headers["Cache-Status"] == "Hotroute; fwd=miss; stored", "and its age"
    cache.clear()
    assert app.test_client().get("/notes/1").headers["Cache-Status"] == "Hotroute; fwd=miss; stored", "not a hit"
    if isinstance(store, RedisStore):
        assert store.link.call("GETDEL", "somebody else's") == b"value"


def test_a_writer_trusts_its_mark_for_as_long_as_the_configuration_has_the_store_keep_it(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'notes.db'}", poolclass=NullPool)
    app = make(engine)
    cache = Cache(app, config={"CACHE_TYPE": SIMPLE, "CACHE_MARK_TTL": 0})
    hotroute_cache.init_app(app, cache, CacheOptions((engine,), (metadata,)))
    with pytest.raises(MarkExpiredError), engine.begin() as connection:
        connection.execute(metadata.tables["notes"].insert().values(id=1, text="one"))


def test_a_prefix_with_signs_of_a_pattern_is_taken_by_its_letters(redis_url: str) -> None:
    app = Flask("app")
    caches = [Cache(app, config=redis(redis_url, CACHE_KEY_PREFIX=prefix)) for prefix in ("a[bc]*?\\", "abxx")]
    with app.app_context():
        for cache in caches:
            cache.set("key", "value")
        caches[0].clear()
        assert [cache.get("key") for cache in caches] == [None, "value"]
        caches[1].clear()


def redis(url: str, **config: Any) -> dict[str, Any]:
    return {"CACHE_TYPE": REDIS, "CACHE_REDIS_URL": url, "CACHE_REDIS_TIMEOUT": 5, **config}


class Client:
    """What cachelib takes for a client of Memcached; nobody calls it here."""

    get_multi = set = delete = None


@pytest.mark.parametrize(
    "config",
    [
        {"CACHE_TYPE": "MemcachedCache", "CACHE_MEMCACHED_SERVERS": Client()},
        {"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True},
        {"CACHE_TYPE": "SimpleCache"},
        {"CACHE_TYPE": "RedisCache"},
    ],
    ids=lambda config: config["CACHE_TYPE"],
)
def test_hot_routes_on_another_backend_refuse_to_start(config: dict[str, Any]) -> None:
    app = Flask("app")
    cache = Cache(app, config=config)
    with pytest.raises(ValueError, match=f"{config['CACHE_TYPE']}.*hotroute.cache.flask_caching.backends.RedisCache"):
        hotroute_cache.init_app(app, cache, CacheOptions((), ()))


def test_a_cache_that_is_not_bound_is_said_to_be() -> None:
    with pytest.raises(ValueError, match=r"call cache\.init_app"):
        store_of(Flask("app"), Cache())


def test_a_store_is_itself() -> None:
    store = MemoryStore()
    assert store_of(Flask("app"), store) is store


@pytest.mark.parametrize("kind", [REDIS, SIMPLE])
def test_the_store_has_the_settings(kind: str) -> None:
    app = Flask("app")
    settings = {"CACHE_MARK_TTL": 3, "CACHE_LEASE_TTL": 2, "CACHE_RELEASE": "7", "CACHE_NAMESPACE": "n:"}
    store: Any = store_of(app, Cache(app, config={"CACHE_TYPE": kind, **settings}))
    assert (store.mark_ttl, store.lease_ttl) == (3, 2)
    if kind == REDIS:
        assert (store.code, store.namespace) == ("7", "n:")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"CACHE_KEY_PREFIX": ""}, "CACHE_KEY_PREFIX"),
        ({"CACHE_KEY_PREFIX": lambda: "prefix"}, "CACHE_KEY_PREFIX"),
        ({"CACHE_NAMESPACE": "flask_cache_hot:"}, "must not begin alike"),
        ({"CACHE_OPTIONS": {"socket_timeout": 3}}, "socket_timeout.*CACHE_REDIS_TIMEOUT"),
        ({"CACHE_REDIS_URL": "http://localhost"}, "redis://"),
        ({"CACHE_REDIS_URL": "rediss://localhost?ssl_ca_certs=nowhere.pem"}, "certificates.*cannot be read"),
    ],
)
def test_settings_that_cannot_be_used_are_named(config: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Cache(Flask("app"), config={"CACHE_TYPE": REDIS, **config})
