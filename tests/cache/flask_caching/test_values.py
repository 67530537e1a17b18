"""What can be stored comes back as it was; what would not is refused; nothing is unpickled."""

import pickle
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import pytest
from cachelib.serializers import JSONSerializer, RedisSerializer
from flask import Flask, Response
from flask_caching import Cache
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from hotroute.cache.flask_caching.json_serializer import JsonSerializer
from tests.cache.flask_caching.conftest import REDIS, SIMPLE, bound

serializer = JsonSerializer()


def without_fold(value: Any) -> Any:
    """Hypothesis says it of any time; ISO 8601 does not."""
    return value.replace(fold=0)


PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
OTHERS = (
    st.binary()
    | st.dates()
    | st.datetimes().map(without_fold)
    | st.datetimes(timezones=st.just(UTC)).map(without_fold)
    | st.datetimes(timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))).map(
        without_fold
    )
    | st.times().map(without_fold)
    | st.timedeltas()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.text(st.characters(exclude_categories=["Cs"])).map(Markup)
)
HASHABLE = st.recursive(PLAIN | OTHERS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=6)
VALUES = st.recursive(
    PLAIN | OTHERS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
        | st.dictionaries(HASHABLE, inner, max_size=3)
        | st.sets(HASHABLE, max_size=3)
        | st.frozensets(HASHABLE, max_size=3)
    ),
    max_leaves=12,
)


def shape(value: Any) -> Any:
    """The value with the type of each of its parts, for 1 == 1.0 == True."""
    if type(value) in (list, tuple):
        return type(value), [shape(item) for item in value]
    if type(value) is dict:
        return dict, [(shape(key), shape(item)) for key, item in value.items()]
    if type(value) in (set, frozenset):
        return type(value), sorted(map(repr, map(shape, value)))
    return type(value), repr(value)


@given(VALUES)
def test_what_is_stored_comes_back_as_it_was(value: Any) -> None:
    assert shape(serializer.loads(serializer.dumps(value))) == shape(value)


@pytest.mark.parametrize(
    "value",
    [
        {"\0": ["tuple", [1]]},
        {"\0": 1, "other": 2},
        [{"\0": ["tuple", [1]]}, (1,)],
        {1: "a", "1": "b", (1, 2): "c", None: "d"},
        (),
        ((),),
        [float("inf"), float("-inf")],
        2**200,
        datetime(2026, 3, 1, 12, 30, 1, 5, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        Decimal("1.10"),
        UUID(int=7),
        b"\x00\xff",
        timedelta(days=-1, microseconds=1),
        date(1, 1, 1),
        time(23, 59, 59, 999999),
        {"deep": [{"deeper": ({"set": {1}},)}]},
    ],
    ids=repr,
)
def test_values_that_are_easily_changed_come_back_as_they_were(cache: Cache, value: Any) -> None:
    cache.set("key", value)
    assert shape(cache.get("key")) == shape(value)


class Colour(StrEnum):
    RED = "red"


class Number(IntEnum):
    ONE = 1


@dataclass
class Point:
    x: int = 1


class Text(str):
    __slots__ = ()


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


REFUSED: dict[str, Any] = {
    "test_values.Point": Point(),
    "test_values.Colour": Colour.RED,
    "test_values.Number": Number.ONE,
    "test_values.Text": Text("x"),
    "collections.OrderedDict": OrderedDict(a=1),
    "object": object(),
    "PosixPath": Path("x"),
    "complex": 1j,
    "function": nested,
    "generator": (number for number in range(3)),
    "datetime.datetime": datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Paris")),
    "datetime.time": time(1, 30, fold=1),
    "list": nested(2000),
    "bytearray": bytearray(b"x"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("wrap", [lambda value: value, lambda value: {"a": [value]}], ids=["alone", "within"])
def test_what_would_not_come_back_is_refused_by_name(cache: Cache, name: str, wrap: Callable[[Any], Any]) -> None:
    wanted = name if name != "list" else "nested|Recursion"
    with pytest.raises(TypeError, match=wanted):
        cache.set("key", wrap(REFUSED[name]))
    assert cache.get("key") is None


@pytest.mark.parametrize("value", ["\ud800", [2**64], {"a": "\ud800"}])
def test_what_json_cannot_hold_is_refused(cache: Cache, value: Any) -> None:
    with pytest.raises(TypeError, match="the cache cannot store this"):
        cache.set("key", value)


class Bomb:
    exploded = False

    def __reduce__(self) -> tuple[Any, ...]:
        return (explode, ())


def explode() -> None:
    Bomb.exploded = True


FOREIGN = {
    "Flask-Caching's": b"!" + pickle.dumps({"a": 1}),
    "a bomb": b"!" + pickle.dumps(Bomb()),
    "a bomb of another protocol": pickle.dumps(Bomb(), 0),
    "a bomb behind our mark": b"t" + pickle.dumps(Bomb()),
    "text": b"text",
    "nothing": b"",
    "an unknown tag": b"t" + orjson.dumps({"\0": ["os.system", "true"]}),
    "a tag of another shape": b"t" + orjson.dumps({"\0": 5}),
    "a tag with a wrong value": b"t" + orjson.dumps({"\0": ["datetime", "yesterday"]}),
    "a decimal of nonsense": b"t" + orjson.dumps({"\0": ["Decimal", "x"]}),
    "unhashable": b"t" + orjson.dumps({"\0": ["set", [[]]]}),
    "half": b'j{"a": ',
    "underscores": b"1_000",
    "many digits": b"9" * 5000,
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_others_have_written_counts_as_none_and_is_never_run(
    name: str, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    config = {
        "CACHE_TYPE": REDIS,
        "CACHE_REDIS_URL": redis_url,
        "CACHE_REDIS_TIMEOUT": 5,
        "CACHE_KEY_PREFIX": "foreign_",
    }
    with bound(config) as (_, cache):
        link = cache.cache.link  # type: ignore[attr-defined]
        link.call("SET", "foreign_key", FOREIGN[name])
        assert cache.get("key") is None
        assert cache.get_many("key") == [None]
        assert "has not written" in caplog.text
        cache.set("key", "ours")
        assert cache.get("key") == "ours"
    assert not Bomb.exploded


@pytest.mark.parametrize("kind", [REDIS, SIMPLE])
def test_a_serializer_that_unpickles_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="unpickles"):
        Cache(Flask("app"), config={"CACHE_TYPE": kind, "CACHE_SERIALIZER": RedisSerializer})


def test_a_serializer_of_the_users_own_is_used(config: dict[str, Any]) -> None:
    with bound({**config, "CACHE_SERIALIZER": JSONSerializer}) as (_, cache):
        cache.set("key", {"a": (1, 2)})
        assert cache.get("key") == {"a": [1, 2]}


def test_responses_come_back_with_status_fields_and_body(cache: Cache) -> None:
    response = Response(b"\x00body", 201, [("X-Two", "a"), ("X-Two", "b")], mimetype="image/png")
    cache.set("key", response)
    found = cache.get("key")
    assert (found.status, found.data, list(found.headers)) == (response.status, b"\x00body", list(response.headers))
