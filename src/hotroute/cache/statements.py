"""What a statement reads and writes, by table; found out once for each SQL text."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import ColumnElement, Delete, Insert, TableClause, TextClause, Update, visitors
from sqlalchemy.sql.dml import UpdateBase

UNPARSED = "?"
"""In place of a table: SQL text wrote, nobody knows where."""

READING = re.compile(r"\s*(SELECT|VALUES|PRAGMA|EXPLAIN(?!.*ANALY[SZ]E)|SHOW|SET)\b[^;]*;?\s*$", re.IGNORECASE)
CONTROL = re.compile(r"\s*(BEGIN|START TRANSACTION|SAVEPOINT|RELEASE|ROLLBACK)\b[^;]*;?\s*$", re.IGNORECASE)
WORD = re.compile(r"\w+")


class Footprint(NamedTuple):
    """Tables by name.

    Attributes:
        follows: those of `writes` whose rows the database itself changes, by foreign keys.
        parsed: False where SQL text hides some tables.
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    follows: frozenset[str] = frozenset()
    parsed: bool = True


known: WeakKeyDictionary[Dialect, dict[str, Footprint]] = WeakKeyDictionary()
"""By engine: two applications may send the same text to different schemas."""
MOST = 10_000
"""SQL texts remembered; an application has hundreds, and one that makes them up endlessly must not fill the memory."""


def footprint(statement: str, context: Any) -> Footprint:
    """Of what a cursor is about to execute; `context` is SQLAlchemy's ExecutionContext."""
    remembered = known.setdefault(context.dialect, {})
    found = remembered.get(statement)
    if found is None:
        compiled = getattr(context, "compiled", None)
        found = of_text(statement) if compiled is None else of_construct(compiled.statement, statement)
        if len(remembered) < MOST:
            remembered[statement] = found
    return found


def of_text(statement: str) -> Footprint:
    """SQL of the driver's own: it may read anything, and writes something unless its first word says otherwise."""
    if CONTROL.match(statement):
        return Footprint()
    writes = frozenset[str]() if READING.match(statement) else frozenset({UNPARSED})
    return Footprint(writes=writes, parsed=False)


def of_construct(construct: Any, statement: str) -> Footprint:
    parts = [construct, *visitors.iterate(construct)]
    tables = [part for part in parts if isinstance(part, TableClause)]
    changes = [part for part in parts if isinstance(part, UpdateBase)]
    writes = {table.fullname for change in changes for table in targets(change)}
    follows = frozenset[str]().union(*(followers_of(change, statement) for change in changes))
    parsed = not any(map(hides, parts))
    if not parsed and not writes:
        return of_text(statement)
    reads = {table.fullname for table in tables} | mentioned(tables, statement)
    return Footprint(frozenset(reads), frozenset(writes) | follows, follows, parsed)


def hides(part: Any) -> bool:
    """SQL in a string, where tables can be."""
    literal = isinstance(part, ColumnElement) and getattr(part, "is_literal", False)
    return isinstance(part, TextClause) or (literal and "select" in str(getattr(part, "name", "")).lower())


def mentioned(tables: Iterable[TableClause], statement: str) -> set[str]:
    """Tables of the same schema whose names are in the text. What eager loads, column properties and loader criteria
    add is in the text only, and a table too many costs a hit, while one too few makes a stale one.
    """
    words = set(WORD.findall(statement))
    schemas = {table.metadata for table in tables if isinstance(table, Table)}
    every = [table for schema in schemas for table in schema.tables.values()]
    return {table.fullname for table in every if words.issuperset(WORD.findall(table.name))}


def targets(change: UpdateBase) -> list[TableClause]:
    return [part for part in visitors.iterate(change.table) if isinstance(part, TableClause)]


def followers_of(change: UpdateBase, statement: str) -> set[str]:
    """The tables whose rows foreign keys change with it. An insertion changes none, unless it may replace a row."""
    replaces = isinstance(change, Insert) and (change._post_values_clause is not None or change._prefixes)
    found = set[str]()
    for table in targets(change):
        if isinstance(table, Table) and (replaces or isinstance(change, Delete)):
            found |= followers(table, acting(table, "ondelete"))
        if isinstance(table, Table) and (replaces or isinstance(change, Update)):
            found |= followers(table, acting(table, "onupdate", set(WORD.findall(statement))))
    return found


def followers(parent: Table, first: set[str]) -> set[str]:
    """Those, and what follows them, by either action."""
    found, waiting = set(first), list(first)
    while waiting:
        table = parent.metadata.tables[waiting.pop()]
        new = (acting(table, "ondelete") | acting(table, "onupdate")) - found
        found |= new
        waiting += new
    return found


def acting(parent: Table, action: str, columns: set[str] | None = None) -> set[str]:
    """The tables with a foreign key to `parent`, to one of `columns` if given, that does not just refuse."""
    return {
        table.fullname
        for table in parent.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.fullname == parent.fullname
        and (columns is None or key.column.name in columns)
        and (getattr(key, action) or "NO ACTION").upper() not in ("RESTRICT", "NO ACTION")
    }
