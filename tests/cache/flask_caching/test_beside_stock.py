"""Every public call with empty, negative, zero, huge and repeated arguments, beside Flask-Caching's own backends."""

import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from secrets import token_hex
from typing import Any

import pytest
from flask import Flask
from flask_caching import Cache

from tests.cache.flask_caching.conftest import REDIS, SIMPLE, TIMEOUT, bound

Call = Callable[[Cache], Any]

TIMEOUTS: dict[str, Any] = {
    "None": None,
    "0": 0,
    "-1": -1,
    "1000": 1000,
    "a year": timedelta(days=365),
    "no time": timedelta(0),
    "a moment ago": timedelta(milliseconds=-1),
    "a second ago": timedelta(seconds=-1),
    "-5": -5,
    "2**70": 2**70,
    "text": "60",
}
"""The last one is no timeout to anybody."""


def timed(timeout: Any) -> dict[str, Call]:
    return {
        "set": lambda cache: (bool(cache.set("a", 1, timeout=timeout)), cache.get("a"), cache.has("a")),
        "set over another": lambda cache: (cache.set("a", 1), cache.set("a", 2, timeout=timeout), cache.get("a")),
        "add": lambda cache: (bool(cache.add("a", 1, timeout=timeout)), cache.get("a")),
        "add to another": lambda cache: (cache.set("a", 1), bool(cache.add("a", 2, timeout=timeout)), cache.get("a")),
        "set_many": lambda cache: (cache.set_many({"a": 1, "b": 2}, timeout=timeout), cache.get_many("a", "b")),
        "memoize": lambda cache: cache.memoize(timeout)(lambda number: number + 1)(1),
    }


PLAIN: dict[str, Call] = {
    "set_many of nothing": lambda cache: cache.set_many({}),
    "get_many of nothing": lambda cache: cache.get_many(),
    "get_dict of nothing": lambda cache: cache.get_dict(),
    "delete_many of nothing": lambda cache: cache.delete_many(),
    "unlink of nothing": lambda cache: bool(cache.unlink()),
    "get of what is not there": lambda cache: (cache.get("none"), cache.has("none"), cache.delete("none")),
    "an empty key": lambda cache: (bool(cache.set("", 1)), cache.get(""), cache.has(""), cache.delete("")),
    "a long key": lambda cache: (bool(cache.set("k" * 100_000, 1)), cache.get("k" * 100_000)),
    "a key of several lines": lambda cache: (bool(cache.set("a\r\nb\0c d", 1)), cache.get("a\r\nb\0c d")),
    "a key in another script": lambda cache: (bool(cache.set("ключ", 1)), cache.get("ключ")),
    "a number as a key": lambda cache: (bool(cache.set(7, 1)), cache.get(7), cache.has(7), cache.delete(7)),
    "numbers as keys": lambda cache: (cache.set_many({7: 1, 8: 2}), cache.get_many(7, 8), cache.get_dict(7)),
    "numbers that go": lambda cache: (cache.set_many({7: 1}), cache.delete_many(7, 8), cache.has(7)),
    "repeated keys": lambda cache: (bool(cache.set("a", 1)), cache.get_many("a", "a"), cache.get_dict("a", "a")),
    "repeated keys that go": lambda cache: (cache.set("a", 1), cache.delete_many("a", "a", "b"), cache.has("a")),
    "unlink of repeated keys": lambda cache: (cache.set("a", 1), bool(cache.unlink("a", "a")), cache.has("a")),
    "many keys": lambda cache: cache.get_many(*(str(number) for number in range(20_000))) == [None] * 20_000,
    "clear twice": lambda cache: (cache.set("a", 1), cache.clear(), cache.get("a")),
    "clear of nothing": lambda cache: cache.clear(),
    "set over set": lambda cache: (cache.set("a", 1), bool(cache.set("a", 2)), cache.get("a")),
    "add twice": lambda cache: (bool(cache.add("a", 1)), bool(cache.add("a", 2)), cache.get("a")),
    "inc by nothing": lambda cache: (cache.cache.inc("n", 0), cache.get("n")),
    "inc by less": lambda cache: (cache.cache.inc("n", -3), cache.cache.dec("n", -5), cache.get("n")),
    "inc by much": lambda cache: (cache.cache.inc("n", 2**62), cache.get("n")),
    "inc by too much": lambda cache: (cache.cache.inc("n", 2**70), cache.get("n")),
    "inc of a text": lambda cache: (cache.set("n", "text"), cache.cache.inc("n"), cache.get("n")),
    "dec of a text": lambda cache: (cache.set("n", "text"), cache.cache.dec("n"), cache.get("n")),
    "inc by half": lambda cache: (cache.cache.inc("n", 0.5), cache.get("n")),  # type: ignore[arg-type]
    "no timeout for a view": lambda cache: cache.cached(timeout=-1, key_prefix="k")(lambda: 1)(),
    "memoize of repeated arguments": lambda cache: cache.memoize()(lambda *numbers: numbers)(1, 1, 1),
    "memoize of no arguments": lambda cache: cache.memoize()(list)(),
    "delete_memoized of nothing": lambda cache: cache.delete_memoized(cache.memoize()(list)),
}  # fmt: skip

VALUES: dict[str, Any] = {
    "None": None, "an empty text": "", "no bytes": b"", "an empty list": [], "an empty dict": {}, "an empty tuple": (),
    "0": 0, "-1": -1, "False": False, "-0.0": -0.0, "2**64": 2**64, "-2**70": -(2**70), "a long text": "x" * 1_000_000,
    "1e308": 1e308, "infinity": float("inf"), "digits": "123", "bytes of digits": b"-5", "the same twice": [[1], [1]],
}  # fmt: skip


def keep(value: Any) -> Call:
    return lambda cache: (
        bool(cache.set("a", value)),
        repr(cache.get("a")),
        cache.has("a"),
        repr(cache.get_many("a")),
        cache.add("a", 1),
    )


CALLS: dict[str, Call] = {
    **PLAIN,
    **{f"{name} for {word}": call for word, timeout in TIMEOUTS.items() for name, call in timed(timeout).items()},
    **{f"{name} kept": keep(value) for name, value in VALUES.items()},
}

OVER: dict[str, Any] = {
    "set": (True, None, False),
    "set over another": (True, True, None),
    "set_many": (["a", "b"], [None, None]),
}
FOR_EVER: dict[str, Any] = {
    "set": (True, 1, True),
    "set over another": (True, True, 2),
    "add": (True, 1),
    "set_many": (["a", "b"], [1, 2]),
}

OURS_ON_REDIS: dict[str, Any] = {
    # Redis refuses these, and Flask-Caching raises.
    "inc by too much": (None, None),
    "inc of a text": (True, None, "text"),
    "dec of a text": (True, None, "text"),
    "inc by half": (None, None),
    # Nothing to delete is no failure.
    "clear of nothing": True,
    # What is over before it began is not kept.
    **{f"{name} for -5": kept for name, kept in OVER.items()},
    # What Redis cannot count is as good as for ever.
    **{f"{name} for 2**70": kept for name, kept in FOR_EVER.items()},
}
"""Where this backend differs from Flask-Caching's on Redis."""


def outcome(call: Call, cache: Cache) -> Any:
    cache.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            return call(cache)
        except Exception as reason:
            return type(reason).__name__


@pytest.fixture(scope="module")
def on_redis(redis_url: str) -> Iterator[tuple[Cache, Cache]]:
    url = {"CACHE_REDIS_URL": redis_url}
    prefixes = [{"CACHE_KEY_PREFIX": f"test_{token_hex(4)}_"} for _ in range(2)]
    ours = bound({"CACHE_TYPE": REDIS, "CACHE_REDIS_TIMEOUT": TIMEOUT, **url, **prefixes[0]})
    with bound({"CACHE_TYPE": "RedisCache", **url, **prefixes[1]}) as (_, stock), ours as (_, cache):
        yield cache, stock


@pytest.fixture(scope="module")
def in_memory() -> Iterator[tuple[Cache, Cache]]:
    with bound({"CACHE_TYPE": SIMPLE}) as (_, cache), bound({"CACHE_TYPE": "SimpleCache"}) as (_, stock):
        yield cache, stock


def beside(call: Call, cache: Cache, stock: Cache) -> tuple[Any, Any]:
    """Return what ours gives, and what Flask-Caching's does; each within its own application."""
    found = []
    for each in (cache, stock):
        app: Flask = each.app
        with app.app_context():
            found.append(outcome(call, each))
    return found[0], found[1]


@pytest.mark.parametrize("name", CALLS)
def test_redis(on_redis: tuple[Cache, Cache], name: str) -> None:
    found, stock = beside(CALLS[name], *on_redis)
    assert found == OURS_ON_REDIS.get(name, stock)
    assert (name in OURS_ON_REDIS) == (found != stock), "the table says where they differ"


@pytest.mark.parametrize("name", CALLS)
def test_memory(in_memory: tuple[Cache, Cache], name: str) -> None:
    found, stock = beside(CALLS[name], *in_memory)
    assert found == stock


EXPIRIES = [
    (0, ()), (-1, ()), (None, ("EX", 300)), (1000, ("EX", 1000)), (True, ("EX", 1)), (2**70, ("EX", 10**12)),
    (timedelta(milliseconds=1), ("EX", 1)), (timedelta(milliseconds=-1), ()), (-5, ("EXAT", 1)),
]  # fmt: skip


@pytest.mark.parametrize(("timeout", "options"), EXPIRIES)
def test_how_long_redis_is_to_keep_it(
    on_redis: tuple[Cache, Cache], timeout: Any, options: tuple[str | int, ...]
) -> None:
    cache: Any = on_redis[0]
    with cache.app.app_context():
        said = cache.cache.setting("a", 1, timeout)[3:]
        assert [(type(word), word) for word in said] == [(type(word), word) for word in options]


def test_a_float_is_rounded_up_and_warned_of_as_ever(on_redis: tuple[Cache, Cache]) -> None:
    cache: Any = on_redis[0]
    with cache.app.app_context(), pytest.warns(DeprecationWarning, match="Float timeouts"):
        assert cache.cache.setting("a", 1, 1.5)[3:] == ("EX", 2)
