"""What a statement reads and writes, by table; found out once for each SQL text."""

import re
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import MetaData, Table
from sqlalchemy.sql import Delete, TextClause, Update, visitors
from sqlalchemy.sql.dml import UpdateBase

READING = re.compile(r"\s*(SELECT|VALUES|PRAGMA|EXPLAIN|SHOW|SET|BEGIN|SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)


class Footprint(NamedTuple):
    """Tables by name; `parsed` is False where SQL text hides some of them."""

    reads: frozenset[str]
    writes: frozenset[str]
    parsed: bool


def footprint(statement: str, context: Any) -> Footprint:
    """Of what a cursor is about to execute; `context` is SQLAlchemy's ExecutionContext."""
    found = known.get(statement)
    if found is None:
        compiled = getattr(context, "compiled", None)
        found = of_text(statement) if compiled is None else of_construct(compiled.statement, statement)
        if len(known) < MOST:
            known[statement] = found
    return found


known: dict[str, Footprint] = {}
MOST = 10_000
"""SQL texts remembered; an application has hundreds, and one that makes them up endlessly must not fill the memory."""


def of_text(statement: str) -> Footprint:
    """SQL of the driver's own: it may read anything, and writes something unless its first word says otherwise."""
    writes = frozenset[str]() if READING.match(statement) else frozenset({"?"})
    return Footprint(frozenset(), writes, parsed=False)


def of_construct(construct: Any, statement: str) -> Footprint:
    reads, writes, parsed = set[str](), set[str](), True
    for part in visitors.iterate(construct):
        if isinstance(part, UpdateBase):
            writes |= touched(part)
        elif isinstance(part, Table):
            reads.add(part.fullname)
        elif isinstance(part, TextClause):
            parsed = False
    if isinstance(construct, UpdateBase):
        writes |= touched(construct)
    if not parsed and not writes:
        return of_text(statement)
    return Footprint(frozenset(reads), frozenset(writes), parsed)


def touched(dml: UpdateBase) -> set[str]:
    """The table, and those that foreign keys change with it."""
    table = dml.table
    if not isinstance(table, Table):
        return set()
    return {table.fullname} | (
        set(followers(table.metadata, table.fullname)) if isinstance(dml, Delete | Update) else set()
    )


@lru_cache
def followers(metadata: MetaData, name: str) -> frozenset[str]:
    """The tables whose rows the database itself changes when a row of `name` goes, or gets another key."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        parent = waiting.pop()
        for table in metadata.tables.values():
            acts = any(
                key.column.table.fullname == parent and (key.ondelete or key.onupdate) for key in table.foreign_keys
            )
            if acts and table.fullname not in found:
                found.add(table.fullname)
                waiting.append(table.fullname)
    return frozenset(found)
