"""Sums of a worker's bucket while they are in memory, in the shape of the tables' rows."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import add
from typing import Any

from sqlalchemy import Table

from hotroute.profiler.model.histogram import Histogram
from hotroute.profiler.storage import schema

Key = tuple[Any, ...]
Values = tuple[Any, ...]
Facts = dict[str, dict[Key, Values]]
"""For each table's name its rows: what is in the key beside resolution, bucket and worker, and what is added up."""

CHOSEN = "chosen"
"""Not a table: how many samples were kept, by series and kind."""


def merged(left: Histogram, right: Histogram) -> Histogram:
    both = left.copy()
    both.merge(right)
    return both


HOW: Mapping[str, Callable[[Any, Any], Any]] = {"sum": add, "max": max, "histogram": merged}


def combination(*rules: Callable[[Any, Any], Any]) -> Callable[[Values, Values], Values]:
    """How two rows become one, each of their values by its own rule."""
    if set(rules) == {add}:
        return lambda left, right: tuple(map(add, left, right))
    return lambda left, right: tuple([rule(*pair) for rule, *pair in zip(rules, left, right, strict=True)])


COMBINED = {
    table.name: combination(*(HOW[column.info["how"]] for column in schema.values(table))) for table in schema.FACTS
} | {CHOSEN: combination(add)}
NOTHING: Mapping[str, Callable[[], Any]] = {"sum": int, "max": int, "histogram": Histogram}


def accumulate(facts: Facts, table: str, key: Key, values: Values) -> None:
    rows = facts.setdefault(table, {})
    known = rows.get(key)
    rows[key] = values if known is None else combined(table, known, values)


def combined(table: str, left: Values, right: Values) -> Values:
    return COMBINED[table](left, right)


def merged_with(kept: Facts, added: Facts) -> Facts:
    """The rows of `added`, each with what is already kept; neither is changed."""
    return {
        table: {
            key: values if (known := kept.get(table, {}).get(key)) is None else combined(table, known, values)
            for key, values in rows.items()
        }
        for table, rows in added.items()
    }


def update(kept: Facts, written: Facts) -> None:
    for table, rows in written.items():
        kept.setdefault(table, {}).update(rows)


def rollback_values(kept: Facts, keys: Mapping[str, Iterable[Key]]) -> Facts:
    """The rows with these keys as they are without a write that failed: nothing, where there were none."""
    facts: Facts = {}
    for table in schema.FACTS:
        nothing = tuple(NOTHING[column.info["how"]]() for column in schema.values(table))
        rows = kept.get(table.name, {})
        facts[table.name] = {key: rows.get(key, nothing) for key in keys.get(table.name, ())}
    return facts


def rows(table: Table, facts: Facts, **columns: Any) -> Iterator[dict[str, Any]]:
    """As parameters of an INSERT into the table; `columns` are the same in all of them."""
    names = [column.name for column in table.columns if column.name not in columns]
    histograms = [column.name for column in table.columns if column.info.get("how") == "histogram"]
    for key, values in facts.get(table.name, {}).items():
        row = dict(zip(names, key + values, strict=True), **columns)
        for name in histograms:
            row[name] = row[name].dump()
        yield row
