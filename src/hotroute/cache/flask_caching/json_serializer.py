"""Values as JSON and back, unchanged or not at all; pickle would run what is planted in Redis."""

import logging
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any
from uuid import UUID

import orjson
from cachelib.serializers import BaseRedisSerializer, BaseSerializer
from flask import Response
from markupsafe import Markup
from werkzeug import Response as AnyResponse

log = logging.getLogger(__name__)

TAG = "\0"
"""The only key of an object that stands for a value of another type."""

PLAIN, TAGGED = b"j", b"t"


@dataclass(frozen=True, slots=True)
class ForRequest:
    """What a view answered to requests that `asked` like this, its varying `fields` included."""

    asked: str
    fields: list[str]
    value: Any


class JsonSerializer(BaseSerializer):
    """What `cache.set` and `memoize` store: JSON's types, and those of `TYPES`. An int by itself is stored in digits,
    with which Redis can count.
    """

    def dumps(self, value: Any, *_: Any) -> bytes:
        """Raises:
        TypeError: a value would not come back as it was; its type is named.
        """
        try:
            if type(value) is int:
                return b"%d" % value
            written = encode(value)
        except ValueError as reason:
            raise TypeError(f"the cache cannot store this {name(value)}: {reason}") from None
        except RecursionError:
            raise TypeError(f"the cache cannot store a {name(value)} that is nested this deep") from None
        try:
            return (PLAIN if written is value else TAGGED) + orjson.dumps(written)
        except orjson.JSONEncodeError as reason:
            raise TypeError(f"the cache cannot store this {name(value)}: {reason}") from None

    def loads(self, data: bytes | None) -> Any:
        """None for what this class has not written."""
        if data is None:
            return None
        try:
            if data[:1] == PLAIN:
                return orjson.loads(data[1:])
            if data[:1] == TAGGED:
                return decode(orjson.loads(data[1:]))
            if data.removeprefix(b"-").isdigit():
                return int(data)
        except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError):
            pass
        log.warning("the cache holds a value that Hotroute has not written, it counts as none: %.20r...", data)
        return None


def encode(value: Any) -> Any:
    """`value` itself if it is JSON already."""
    kind = type(value)
    if kind in (str, bool, int, type(None)) or (kind is float and isfinite(value)):
        return value
    if kind is list:
        written = [encode(item) for item in value]
        return value if all(map(same, written, value)) else written
    if kind is dict and TAG not in value and all(type(key) is str for key in value):
        return encode_fields(value)
    tag, write, read = TYPES.get(Response if isinstance(value, AnyResponse) else kind, NONE)
    if not tag or (kind in EXACT and repr(read(write(value))) != repr(value)):
        raise TypeError(f"the cache cannot store a {name(value)}: store what JSON can hold, such as its fields")
    return {TAG: [tag, encode(write(value))]}


def encode_fields(value: dict[str, Any]) -> dict[str, Any]:
    written = {key: encode(item) for key, item in value.items()}
    return value if all(map(same, written.values(), value.values())) else written


def decode(value: Any) -> Any:
    if type(value) is list:
        return [decode(item) for item in value]
    if type(value) is not dict:
        return value
    if TAG not in value:
        return {key: decode(item) for key, item in value.items()}
    tag, written = value[TAG]
    return READERS[tag](decode(written))


def same(one: object, other: object) -> bool:
    return one is other


def name(value: Any) -> str:
    kind = type(value)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def write_response(response: AnyResponse) -> list[Any]:
    return [response.status, [list(pair) for pair in response.headers], response.get_data()]


def read_response(parts: list[Any]) -> Response:
    status, headers, body = parts
    return Response(body, status, [(key, value) for key, value in headers])


Type = tuple[str, Callable[[Any], Any], Callable[[Any], Any]]
NONE: Type = ("", repr, repr)
TYPES: dict[type, Type] = {
    tuple: ("tuple", list, tuple),
    dict: (
        "dict",
        lambda value: [list(pair) for pair in value.items()],
        dict,
    ),
    set: ("set", list, set),
    frozenset: ("frozenset", list, frozenset),
    bytes: ("bytes", lambda value: b64encode(value).decode(), lambda text: b64decode(text, validate=True)),
    float: ("float", repr, float),
    datetime: ("datetime", datetime.isoformat, datetime.fromisoformat),
    date: ("date", date.isoformat, date.fromisoformat),
    time: ("time", time.isoformat, time.fromisoformat),
    timedelta: (
        "timedelta",
        lambda value: [value.days, value.seconds, value.microseconds],
        lambda parts: timedelta(*parts),
    ),
    Decimal: ("Decimal", str, Decimal),
    UUID: ("UUID", str, UUID),
    Markup: ("Markup", str.__str__, Markup),
    Response: ("Response", write_response, read_response),
    ForRequest: ("view", lambda view: [view.asked, view.fields, view.value], lambda parts: ForRequest(*parts)),
}
"""Tag, how to write a value as one that `encode` knows, and how to read it."""

EXACT = frozenset({datetime, time})
"""Those of which not every value comes back as it was: a time zone has a name and rules, ISO 8601 has the offset."""

READERS = {tag: read for tag, _, read in TYPES.values()}


def refuse_pickle(serializer: object) -> None:
    """Raises:
    ValueError: a serializer of cachelib that unpickles.
    """
    if getattr(type(serializer), "loads", None) in (BaseSerializer.loads, BaseRedisSerializer.loads):
        raise ValueError(
            f"CACHE_SERIALIZER: {name(serializer)} unpickles what is in the cache, which runs what is planted there"
        )
