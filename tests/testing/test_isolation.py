"""A test's cache is empty and its own, at once, and leaves nothing behind."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine

from hotroute import cache, redis_client
from hotroute.cache import RedisClient, RedisStore
from hotroute.cache.store.base import FillRequest, LookupResult, LookupState
from hotroute.testing import assert_hit, assert_miss, assert_one_execution, isolated
from hotroute.testing.calls import Step
from hotroute.testing.isolation import front_of
from hotroute.testing.transparency import asked_again
from tests.cache.twenty_lines import make, metadata

Get = Callable[..., Any]


def test_each_block_begins_with_an_empty_cache(app: Flask, get: Get) -> None:
    for _ in range(2):
        with isolated(app):
            assert_miss(get())
            assert_hit(get())


def test_a_redis_that_has_just_been_met_is_trusted_at_once_and_left_as_it_was(engine: Engine, redis_url: str) -> None:
    """With the mark TTL of production, which a test could not wait for."""
    app, prefix = make(engine), f"test:{secrets.token_hex(4)}:"
    store = RedisStore(RedisClient(redis_url, timeout=5), prefix, mark_ttl=15)
    cache.init_app(app, store, cache.CacheOptions((engine,), (metadata,)))
    with redis_client.connect(redis_url, timeout=5) as client:
        with isolated(app) as own:
            assert_miss(app.test_client().get("/notes/1"))
            assert_hit(app.test_client().get("/notes/1"))
            assert own.startswith(prefix)
            assert client.keys(f"{own}*")
        assert client.keys(f"{own}*") == []
    assert store.namespace == prefix
    store.link.pool.disconnect()


def test_readers_meet_even_where_nobody_waits_for_another(app: Flask) -> None:
    """A store that gives everybody the lead: without the meeting, a quick leader would serve the others as hits."""
    store = front_of(app).store
    look = store.look

    def leading(question: FillRequest) -> LookupResult:
        found = look(question)
        return found._replace(state=LookupState.LEAD) if found.state is LookupState.WAIT else found

    with isolated(app):
        store.look = leading  # type: ignore[method-assign]
        with pytest.raises(AssertionError, match="one execution for 5 readers, there were 5"):
            assert_one_execution(lambda: app.test_client().get("/notes/1"), readers=5, app=app)
        assert store.look == leading


def test_what_was_asked_is_asked_again_after_each_write_and_in_the_end() -> None:
    one, two, write = Step("GET", "/1"), Step("GET", "/2"), Step("PUT", "/1")
    assert asked_again([one, write, two, one, write]) == [one, write, one, two, one, write, one, two, one, two]
    assert asked_again([]) == []
