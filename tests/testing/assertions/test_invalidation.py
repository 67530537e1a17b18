"""Assertions about what a write invalidates, how many statements are sent, and how often a view runs."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from hotroute.testing import (
    HotCache,
    assert_invalidated,
    assert_max_queries,
    assert_not_invalidated,
    assert_one_execution,
    invalidating,
    keeping,
)

Get = Callable[..., Any]
Put = Callable[[int, str], Any]


def test_a_write_invalidates_what_it_changes(hot_cache: HotCache, get: Get, put: Put) -> None:
    assert_invalidated(lambda: put(1, "one"), get, lambda: get("/notes/2"))
    with invalidating(get):
        put(1, "two")
    assert get().json == {"text": "two"}


def test_a_write_keeps_what_it_leaves_alone(hot_cache: HotCache, get: Get, put: Put) -> None:
    assert_not_invalidated(lambda: put(1, "one"), lambda: get("/declared"))
    with keeping(get):
        get("/cold")


def test_an_answer_that_stays_was_not_invalidated(hot_cache: HotCache, get: Get, put: Put) -> None:
    with pytest.raises(AssertionError, match=r"expected the write to invalidate read 2 of 2: .*answered from"):
        assert_invalidated(lambda: put(1, "one"), get, lambda: get("/declared"))
    with pytest.raises(AssertionError, match="expected the write to invalidate read 1 of 1"), invalidating(get):
        pass


def test_an_answer_that_goes_was_not_kept(hot_cache: HotCache, get: Get, put: Put) -> None:
    with pytest.raises(AssertionError, match="expected the write to leave read 1 of 1 alone"):
        assert_not_invalidated(lambda: put(1, "one"), get)
    with pytest.raises(AssertionError, match="expected the write to leave read 1 of 1 alone"), keeping(get):
        put(1, "two")


def test_a_write_that_fails_shows_nothing(hot_cache: HotCache, get: Get) -> None:
    client = hot_cache.app.test_client()
    for expected in (assert_invalidated, assert_not_invalidated):
        with pytest.raises(AssertionError, match="the write was answered 405, so it changed nothing"):
            expected(lambda: client.post("/notes/1"), get)


def test_a_read_that_is_never_cached_cannot_be_invalidated(hot_cache: HotCache, get: Get, put: Put) -> None:
    with pytest.raises(AssertionError, match=r"read 1 of 1 is not cached, .* sets a cookie"):
        assert_invalidated(lambda: put(1, "one"), lambda: get("/cookie"))
    with pytest.raises(TypeError, match="at least one read"):
        assert_not_invalidated(lambda: put(1, "one"))


def test_a_hit_sends_no_statement(hot_cache: HotCache, engine: Engine, get: Get) -> None:
    with assert_max_queries(1, engine) as sent:
        get()
    assert len(sent) == 1
    with assert_max_queries(0, engine):
        get()


def test_too_many_statements_are_listed(hot_engine: Engine) -> None:
    with pytest.raises(AssertionError, match=r"at most 1 statements, there were 2:\n  1\. SELECT 1\n  2\. SELECT 2$"):
        send(hot_engine, "SELECT\n1", "SELECT 2", most=1)


def test_an_error_within_the_block_is_not_hidden(hot_engine: Engine) -> None:
    with pytest.raises(OperationalError, match="nonsense"):
        send(hot_engine, "SELECT 1", "nonsense", most=0)


def send(engine: Engine, *texts: str, most: int) -> None:
    with assert_max_queries(most, engine), engine.begin() as connection:
        for each in texts:
            connection.execute(text(each))


def test_many_cold_readers_run_the_view_once(app: Flask, hot_cache: HotCache) -> None:
    assert_one_execution(lambda: app.test_client().get("/notes/1"), readers=8, app=app)
    assert len(hot_cache.misses) == 1
    assert len(hot_cache.hits) == 7


def test_a_view_that_runs_more_than_once_is_shown(app: Flask, hot_cache: HotCache) -> None:
    with pytest.raises(AssertionError, match=r"(?s)one execution for 3 readers, there were 3:.*sets a cookie"):
        assert_one_execution(lambda: app.test_client().get("/cookie"), readers=3, app=app)
    with pytest.raises(AssertionError, match=r"(?s)one execution for 2 readers, there were 2:.*is not hot"):
        assert_one_execution(lambda: app.test_client().get("/cold"), readers=2, app=app)


def test_a_warm_route_runs_nothing(app: Flask, hot_cache: HotCache, get: Get) -> None:
    get()
    with pytest.raises(AssertionError, match="one execution for 2 readers, there were 0"):
        assert_one_execution(get, readers=2)


def test_the_spy_remembers_what_became_of_each_request(hot_cache: HotCache, get: Get, put: Put) -> None:
    for path in ("/notes/1", "/notes/1?shout=1", "/notes/1", "/cookie", "/cold"):
        get(path)
    assert hot_cache.misses == ["/notes/1", "/notes/1?shout=1"]
    assert hot_cache.hits == ["/notes/1"]
    assert hot_cache.not_cached["/cookie"] == "the answer sets a cookie"
    assert "not hot" in hot_cache.not_cached["/cold"]
    hot_cache.clear()
    with hot_cache.off():
        get()
    assert (hot_cache.hits, hot_cache.misses, len(hot_cache.seen)) == ([], [], 1)
