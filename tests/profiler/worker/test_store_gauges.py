"""How full the cache's store is."""

import pytest
from flask import Flask
from sqlalchemy import MetaData

from hotroute.cache import CacheOptions, MemoryStore, RedisClient, RedisStore, hot
from hotroute.cache import init_app as put_in_front
from hotroute.cache.store.base import Store
from hotroute.profiler.worker import store_gauges
from tests.profiler.worker.conftest import Make, Profiled
from tests.servers import free_port, redis_server


def warm(make: Make, store: Store) -> Profiled:
    """An application whose cache has an entry."""
    app = Flask("tests")

    @app.get("/")
    @hot(tags=("a",), share="everyone")
    def index() -> str:
        return "x"

    put_in_front(app, store, CacheOptions((), (MetaData(),), manual_tags=("a",)))
    profiled = make(app, store=store)
    while "hit" not in profiled.get("/").headers["Cache-Status"]:
        pass
    return profiled


def test_redis_tells_its_memory_its_entries_and_what_it_evicted(make: Make) -> None:
    with redis_server() as url:
        told = warm(make, RedisStore(RedisClient(url, timeout=5), "gauges:", mark_ttl=0.1)).batch().gauges
    assert told["memory"] > 100_000
    assert told["entries"] > 0
    assert told["evictions"] == 0


def test_a_store_in_memory_tells_its_entries(make: Make) -> None:
    assert warm(make, MemoryStore()).batch().gauges == {"entries": 1}


def test_it_is_asked_seldom(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    profiled = warm(make, MemoryStore())
    assert profiled.batch().gauges
    assert profiled.batch().gauges == {}
    monkeypatch.setattr(store_gauges, "SELDOM", 0.0)
    profiled.recorder.flusher.gauges.next = 0.0
    assert profiled.batch().gauges
    assert profiled.batch().gauges


def test_a_redis_that_is_away_tells_nothing(make: Make) -> None:
    profiled = make(store=RedisStore(RedisClient(f"redis://127.0.0.1:{free_port()}", timeout=0.1), "gauges:"))
    assert profiled.batch().gauges == {}


def test_a_redis_that_does_not_tell_is_no_outage_of_the_cache(make: Make) -> None:
    """Nobody has asked the cache, and nobody goes past it."""
    link = RedisClient(f"redis://127.0.0.1:{free_port()}", timeout=0.1)
    profiled = make(store=RedisStore(link, "gauges:"))
    batch = profiled.batch()
    assert (batch.gauges, "breaker opened" in batch.counters) == ({}, False)
    assert link.breaker.allow() is not None
