"""Writing any values as one line of JSON, where orjson alone would refuse some of them."""

import json
import math
from collections.abc import Mapping
from typing import Any

import orjson

DEEPEST = 32
"""Levels of nesting that are written; what is below them is written as text."""

MOST = 10_000
"""Values that are written; those after them are left out."""

BREAKS = str.maketrans({"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"})
"""What some readers take for the end of a line, and JSON need not escape."""


def dump(values: Mapping[Any, Any]) -> str:
    """Return the values as an object of JSON on one line, whatever they are."""
    try:
        line = orjson.dumps(values, default=describe).decode()
    except Exception:  # also what an object's own methods raise
        line = json.dumps(Simple().mapping(values, 0), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return line if line.isascii() else line.translate(BREAKS)


def describe(value: object) -> str:
    """Return a value as text; its own words about itself may fail."""
    if isinstance(value, bytes | bytearray):
        return value.decode(errors="backslashreplace")
    for words in (str, repr, object.__repr__):
        try:
            return clean(words(value))
        except Exception:  # noqa: S112  # the next one is tried
            continue
    return "?"


def clean(text: str) -> str:
    """Return the text as UTF-8 can hold it: a lone surrogate is written as its escape."""
    return str.encode(text, errors="backslashreplace").decode()


class Simple:
    """A copy of values that consists of what JSON has; it ends for values that contain themselves."""

    def __init__(self) -> None:
        self.left = MOST
        self.around: set[int] = set()

    def value(self, value: object, depth: int) -> Any:
        self.left -= 1
        try:
            return self.convert(value, depth)
        except Exception:
            return describe(value)

    def convert(self, value: object, depth: int) -> Any:
        if isinstance(value, str):
            return clean(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return number(int(value))
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else None
        if isinstance(value, Mapping | list | tuple | set | frozenset) and depth < DEEPEST:
            return self.inside(value, depth)
        return describe(value)

    def inside(self, value: Any, depth: int) -> Any:
        if id(value) in self.around:
            return "..."
        self.around.add(id(value))
        try:
            return self.mapping(value, depth) if isinstance(value, Mapping) else self.items(value, depth)
        finally:
            self.around.discard(id(value))

    def mapping(self, values: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        return {describe(key): self.value(each, depth + 1) for key, each in [*values.items()] if self.left > 0}

    def items(self, values: Any, depth: int) -> list[Any]:
        return [self.value(each, depth + 1) for each in [*values] if self.left > 0]


def number(value: int) -> int | str:
    """Return the number, or its digits in base 16 where Python refuses to write so many in base 10."""
    try:
        str(value)
    except ValueError:
        return hex(value)
    return value
