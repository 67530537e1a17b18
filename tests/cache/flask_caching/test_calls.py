"""Every call of Flask-Caching's documentation, on Redis and in memory."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_caching import Cache
from flask_caching.signals import cache_memoize_hit, cache_memoize_miss, cache_view_hit, cache_view_miss

from tests.servers import wait_until


def test_get_and_set(cache: Cache) -> None:
    assert cache.get("key") is None
    assert cache.set("key", {"a": [1, 2.5, None, True]})
    assert cache.get("key") == {"a": [1, 2.5, None, True]}
    assert cache.has("key")
    assert not cache.has("other")


def test_add_keeps_what_is_there(cache: Cache) -> None:
    assert cache.add("key", "first")
    assert not cache.add("key", "second")
    assert cache.get("key") == "first"


def test_many_at_once(cache: Cache) -> None:
    assert cache.set_many({"a": 1, "b": "two"}) == ["a", "b"]
    assert cache.get_many("a", "none", "b") == [1, None, "two"]
    assert cache.get_dict("a", "b") == {"a": 1, "b": "two"}
    assert cache.delete_many("a", "none") == ["a", "none"]
    assert cache.get_many("a", "b") == [None, "two"]
    assert cache.get_many() == []
    assert cache.delete_many() == []


def test_delete(cache: Cache) -> None:
    cache.set("key", "value")
    assert cache.delete("key")
    assert not cache.delete("key")
    assert cache.get("key") is None


def test_counting(cache: Cache) -> None:
    assert cache.cache.inc("count") == 1
    assert cache.cache.inc("count", 5) == 6
    assert cache.cache.dec("count", 2) == 4
    assert cache.get("count") == 4
    cache.set("count", 10)
    assert cache.cache.inc("count") == 11


@pytest.mark.parametrize("timeout", [1, timedelta(milliseconds=900)])
def test_a_value_goes_when_its_time_is_over(cache: Cache, timeout: int | timedelta) -> None:
    cache.set("key", "value", timeout=timeout)
    cache.set("stays", "value", timeout=0)
    assert cache.get("key") == "value"
    wait_until(lambda: cache.get("key") is None, "it is gone")
    assert cache.get("stays") == "value"


def test_clear_takes_all_of_ours(cache: Cache) -> None:
    cache.set_many({f"key {number}": number for number in range(2500)})
    cache.clear()
    assert cache.get_many("key 1", "key 2499") == [None, None]


def test_memoize(cache: Cache) -> None:
    calls = []

    @cache.memoize(60)
    def add(a: int, b: int = 0) -> tuple[int, ...]:
        calls.append((a, b))
        return (a, b, a + b)

    assert add(1, 2) == add(1, b=2) == (1, 2, 3)
    assert add(2) == (2, 0, 2)
    assert len(calls) == 2
    cache.delete_memoized(add, 1, 2)
    assert add(1, 2) == (1, 2, 3)
    assert add(2) == (2, 0, 2)
    assert len(calls) == 3
    cache.delete_memoized(add)
    assert add(2) == (2, 0, 2)
    assert len(calls) == 4


def test_memoized_methods(cache: Cache) -> None:
    class Adder:
        def __init__(self, name: str) -> None:
            self.name, self.calls = name, 0

        def __repr__(self) -> str:
            return f"Adder({self.name})"

        @cache.memoize(60)
        def add(self, number: int) -> int:
            self.calls += 1
            return number + 1

    one, two = Adder("one"), Adder("two")
    assert [one.add(1), one.add(1), two.add(1)] == [2, 2, 2]
    assert (one.calls, two.calls) == (1, 1)
    cache.delete_memoized(one.add)
    assert [one.add(1), two.add(1)] == [2, 2]
    assert (one.calls, two.calls) == (2, 1)


def test_a_view_is_cached(app: Flask, cache: Cache) -> None:
    calls: list[str] = []

    @app.get("/hello/<name>")
    @cache.cached(timeout=60)
    def hello(name: str) -> str:
        calls.append(name)
        return f"Hello {name}"

    client = app.test_client()
    assert [client.get("/hello/jake").text, client.get("/hello/jake").text] == ["Hello jake"] * 2
    assert client.get("/hello/anne").text == "Hello anne"
    assert calls == ["jake", "anne"]
    cache.delete_cached(hello, path="/hello/jake")
    client.get("/hello/jake")
    assert calls == ["jake", "anne", "jake"]
    cache.delete("view//hello/anne")
    client.get("/hello/anne")
    assert calls[-1] == "anne"


def test_options_of_cached(app: Flask, cache: Cache) -> None:
    calls: list[str] = []

    @cache.cached(key_prefix="numbers")
    def numbers() -> list[int]:
        calls.append("numbers")
        return [1, 2, 3]

    @app.get("/none")
    @cache.cached(cache_none=True, unless=lambda: False, key_prefix="none")
    def none() -> str:
        return "x" if maybe() is None else "y"

    @cache.cached(cache_none=True, key_prefix="maybe")
    def maybe() -> None:
        calls.append("maybe")

    with app.test_request_context("/"):
        assert numbers() == numbers() == [1, 2, 3]
        assert maybe() is maybe() is None
    assert calls == ["numbers", "maybe"]


def test_a_view_that_answers_none_of_its_own_is_asked_again_where_it_is_not_shared(app: Flask, cache: Cache) -> None:
    @app.get("/page")
    @cache.cached(cache_none=True)
    def page() -> str:
        return "text"

    client = app.test_client()
    assert client.get("/page?a=1").text == client.get("/page?a=2").text == "text"


def test_the_query_string(app: Flask, cache: Cache) -> None:
    calls: list[int] = []

    @app.get("/list")
    @cache.cached(query_string=True)
    def items() -> str:
        calls.append(1)
        return "text"

    client = app.test_client()
    for query in ("a=1&b=2", "b=2&a=1", "a=2"):
        assert client.get(f"/list?{query}").text == "text"
    assert len(calls) == 2
    cache.delete_cached(items, "/list", {"a": 2})
    client.get("/list?a=2")
    assert len(calls) == 3


def test_template_fragments(app: Flask, cache: Cache) -> None:
    template = "{% cache 60, 'fragment' %}<b>{{ number }}</b>{% endcache %}"
    with app.test_request_context("/"):
        assert render_template_string(template, number=1) == "<b>1</b>"
        assert render_template_string(template, number=2) == "<b>1</b>"


def test_signals(config: dict[str, Any]) -> None:
    from tests.cache.flask_caching.conftest import bound  # noqa: PLC0415

    seen: list[str] = []
    watched = {
        "hit": cache_view_hit,
        "miss": cache_view_miss,
        "memoize hit": cache_memoize_hit,
        "new": cache_memoize_miss,
    }

    with bound({**config, "CACHE_ENABLE_SIGNALS": True}) as (app, cache):

        @app.get("/")
        @cache.cached()
        def view() -> str:
            return double("x")

        @cache.memoize()
        def double(text: str) -> str:
            return text * 2

        listeners = [(signal, lambda _, name=name, **__: seen.append(name)) for name, signal in watched.items()]
        for signal, listener in listeners:
            signal.connect(listener)
        app.test_client().get("/")
        app.test_client().get("/")
        double("x")
        for signal, listener in listeners:
            signal.disconnect(listener)
    assert seen == ["miss", "new", "hit", "memoize hit"]
