"""What a statement reads and writes, by table; found out once for each SQL text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import MetaData, SelectBase, Table
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.schema import ExecutableDDLElement
from sqlalchemy.sql import Delete, Insert, TableClause, TextClause, Update, visitors
from sqlalchemy.sql.dml import UpdateBase

from hotroute.cache.store.base import EPOCH

UNPARSED = "?"
"""In place of a table: SQL text wrote, nobody knows where."""

READING = re.compile(
    r"\s*(SELECT|VALUES|PRAGMA|EXPLAIN(?!.*ANALY[SZ]E)|SHOW|SET|WITH(?!.*\b(INSERT|UPDATE|DELETE|MERGE)\b))\b"
    r"[^;]*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
CONTROL = re.compile(r"\s*(BEGIN|START TRANSACTION|SAVEPOINT|RELEASE|ROLLBACK)\b[^;]*;?\s*$", re.IGNORECASE)
NAMING = re.compile(r"\b(SELECT|FROM|TABLE|IN(?!\s*\())\b", re.IGNORECASE)
"""What stands before a table that an expression reads."""
WORD = re.compile(r"\w+")


class TableUsage(NamedTuple):
    """Tables by name.

    Attributes:
        follows: those of `writes` whose rows the database itself changes, by foreign keys.
        parsed: False where SQL text hides some tables.
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    cascades: frozenset[str] = frozenset()
    parsed: bool = True


@dataclass
class SchemaCatalog:
    """What is known of a database.

    Attributes:
        metadata: of its tables.
        views: the tables, or other views, that each view reads.
        footprints: by SQL text.
    """

    metadata: set[MetaData] = field(default_factory=set)
    views: dict[str, set[str]] = field(default_factory=dict)
    footprints: dict[str, TableUsage] = field(default_factory=dict)

    def below(self, names: Iterable[str]) -> set[str]:
        """What these views read, and what that does."""
        return reached(self.views, names)

    def above(self, names: Iterable[str]) -> set[str]:
        """The views that read these."""
        readers: dict[str, set[str]] = {}
        for view, tables in self.views.items():
            for table in tables:
                readers.setdefault(table, set()).add(view)
        return reached(readers, names)


known: WeakKeyDictionary[Dialect, SchemaCatalog] = WeakKeyDictionary()
"""By engine: two applications may send the same text to different schemas."""
MOST = 10_000
"""SQL texts remembered; an application has hundreds, and one that makes them up endlessly must not fill the memory."""


def learn(dialect: Dialect, metadata: Iterable[MetaData], views: Mapping[str, Iterable[str]]) -> None:
    """What an application knows of its database, added to what others do."""
    catalog = known.setdefault(dialect, SchemaCatalog())
    catalog.metadata.update(metadata)
    for view, tables in views.items():
        catalog.views.setdefault(view, set()).update(tables)
    catalog.footprints.clear()


def footprint(statement: str, context: Any) -> TableUsage:
    """Of what a cursor is about to execute; `context` is SQLAlchemy's ExecutionContext."""
    catalog = known.get(context.dialect) or known.setdefault(context.dialect, SchemaCatalog())
    found = catalog.footprints.get(statement)
    if found is None:
        compiled = getattr(context, "compiled", None)
        found = of_text(statement) if compiled is None else of_construct(compiled, statement, catalog)
        if len(catalog.footprints) < MOST:
            catalog.footprints[statement] = found
    return found


def of_text(statement: str) -> TableUsage:
    """SQL of the driver's own: it may read anything, and writes something unless its first word says otherwise."""
    if CONTROL.match(statement):
        return TableUsage()
    writes = frozenset[str]() if READING.match(statement) else frozenset({UNPARSED})
    return TableUsage(writes=writes, parsed=False)


def of_construct(compiled: Any, statement: str, catalog: SchemaCatalog) -> TableUsage:
    # What the ORM makes of a construct has its eager loads and column properties.
    construct = getattr(compiled.compile_state, "statement", compiled.statement)
    schema = compiled.dialect.default_schema_name
    if isinstance(construct, ExecutableDDLElement):
        return TableUsage(writes=frozenset({EPOCH}))
    if not isinstance(construct, (SelectBase, UpdateBase)):
        return of_text(statement)
    parts = [part for each in {construct, compiled.statement} for part in (each, *visitors.iterate(each))]
    parsed = not any(hides(part, compiled.dialect) for part in parts)
    tables = [part for part in parts if isinstance(part, TableClause)]
    changes = [part for part in parts if isinstance(part, UpdateBase)]
    follows = named((table for change in changes for table in followers_of(change, statement)), schema)
    writes = named((table for change in changes for table in targets(change)), schema) | follows
    if not parsed and not writes:
        writes = set(of_text(statement).writes)
    reads = named(tables, schema) | named(tables_in_text(tables, statement, catalog.metadata), schema)
    writes |= catalog.below(writes)
    writes |= catalog.above(writes)
    return TableUsage(frozenset(reads | catalog.below(reads)), frozenset(writes), frozenset(follows), parsed)


def hides(part: Any, dialect: Dialect) -> bool:
    """SQL in a string, where tables can be."""
    return isinstance(part, TextClause) or any(NAMING.search(text) for text in texts(part, dialect))


def texts(part: Any, dialect: Dialect) -> Iterator[str]:
    """SQL that a statement takes in as it is."""
    if hasattr(type(part), "_compiler_dispatcher"):
        yield compile_fragment(part, dialect)
    if getattr(part, "is_literal", False):
        yield str(part.name)
    yield getattr(getattr(part, "operator", None), "opstring", "")
    for text, *_ in (*getattr(part, "_prefixes", ()), *getattr(part, "_suffixes", ())):
        yield str(text)
    for _, text in getattr(part, "_statement_hints", ()):
        yield text
    yield from getattr(part, "_hints", {}).values()


def compile_fragment(part: Any, dialect: Dialect) -> str:
    """What a compiler of the application's own makes of an expression."""
    try:
        return str(part.compile(dialect=dialect))
    except Exception:  # it needs to know what is around
        return "SELECT"


def named(tables: Iterable[TableClause], schema: str | None) -> set[str]:
    """By every name that a statement may use: a table of the default schema is the one without a schema, too."""
    return {name for table in tables for name in names(table, schema)}


def names(table: Any, schema: str | None) -> set[str]:
    full = str(getattr(table, "fullname", table))
    return {full, str(table.name)} if schema and getattr(table, "schema", None) == schema else {full}


def tables_in_text(tables: Iterable[TableClause], statement: str, metadata: Iterable[MetaData]) -> Iterator[Table]:
    """Known tables whose names are in the text. What eager loads, column properties and loader criteria add is in the
    text only, and a table too many costs a hit, while one too few makes a stale one.
    """
    words = set(WORD.findall(statement))
    for each in {*metadata, *(table.metadata for table in tables if isinstance(table, Table))}:
        yield from (table for table in each.tables.values() if words.issuperset(WORD.findall(table.name)))


def targets(change: UpdateBase) -> list[TableClause]:
    return [part for part in visitors.iterate(change.table) if isinstance(part, TableClause)]


def followers_of(change: UpdateBase, statement: str) -> set[Table]:
    """The tables whose rows foreign keys change with it. An insertion changes none, unless it may replace a row."""
    replaces = isinstance(change, Insert) and (change._post_values_clause is not None or change._prefixes)
    first = set[Table]()
    for table in targets(change):
        if isinstance(table, Table) and (replaces or isinstance(change, Delete)):
            first |= cascading_children(table, "ondelete")
        if isinstance(table, Table) and (replaces or isinstance(change, Update)):
            first |= cascading_children(table, "onupdate", set(WORD.findall(statement)))
    return followers(first)


def followers(first: set[Table]) -> set[Table]:
    """Those, and what follows them, by either action."""
    found, waiting = set(first), list(first)
    while waiting:
        table = waiting.pop()
        new = (cascading_children(table, "ondelete") | cascading_children(table, "onupdate")) - found
        found |= new
        waiting += new
    return found


def cascading_children(parent: Table, action: str, columns: set[str] | None = None) -> set[Table]:
    """The tables with a foreign key to `parent`, to one of `columns` if given, that does not just refuse."""
    return {
        table
        for table in parent.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.fullname == parent.fullname
        and (columns is None or key.column.name in columns)
        and (getattr(key, action) or "NO ACTION").upper() not in ("RESTRICT", "NO ACTION")
    }


def reached(steps: Mapping[str, Iterable[str]], names: Iterable[str]) -> set[str]:
    found, waiting = set[str](), list(names)
    while waiting:
        new = set(steps.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found
