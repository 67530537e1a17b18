"""The profiler's tables: sums in buckets of time, samples, and what their rows' numbers stand for."""

from hashlib import blake2b
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeEngine

SCHEMA = "profiler"
"""Of PostgreSQL: in the application's database, but not among its tables, where its migrations would find them."""

metadata = MetaData(naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_name)s"})


def identity(*words: str) -> int:
    """A number for a row that every worker finds by itself: 63 bits of a hash."""
    return int.from_bytes(blake2b("\0".join(words).encode("utf-8", "replace"), digest_size=8).digest()) >> 1


def table(name: str, *columns: SchemaItem) -> Table:
    # Without a row id, SQLite keeps a row in the index of its key, not beside it.
    return Table(f"profiler_{name}", metadata, *columns, sqlite_with_rowid=False)


def key(name: str, kind: TypeEngine[Any] | None = None) -> Column[Any]:
    return Column(name, kind or BigInteger(), primary_key=True, autoincrement=False)


def number(name: str, how: str = "sum") -> Column[Any]:
    return Column(name, BigInteger(), nullable=False, info={"how": how})


def seconds(name: str, how: str = "sum") -> Column[Any]:
    return Column(name, Double(), nullable=False, info={"how": how})


def histogram(name: str) -> Column[Any]:
    return Column(name, LargeBinary(), nullable=False, info={"how": "histogram"})


def buckets(name: str, *columns: Column[Any]) -> Table:
    """Sums for a bucket of `resolution` seconds that begins at `bucket`.

    The worker is last in the key, so that rows that are added up are next to each other.
    """
    keys = [each for each in columns if each.primary_key]
    values = [each for each in columns if not each.primary_key]
    return table(name, key("resolution", Integer()), key("bucket"), *keys, key("worker"), *values)


workers = table(
    "workers",
    key("id"),
    Column("worker", Text(), nullable=False),
    Column("release", Text(), nullable=False),
    # The row that stands for all workers of the release, in buckets in which they are merged.
    Column("merged", BigInteger(), nullable=False),
    Column("host", Text(), nullable=False),
    Column("pid", BigInteger(), nullable=False),
    Column("started", Double(), nullable=False),
    Column("seen", Double(), nullable=False),
    Column("threads", BigInteger(), nullable=False),
    Column("in_flight", BigInteger(), nullable=False),
    Column("queue", BigInteger(), nullable=True),
    Column("memory", BigInteger(), nullable=False),
)
series = table(
    "series",
    key("id"),
    Column("route", Text(), nullable=False),
    Column("method", Text(), nullable=False),
    Column("cache", Text(), nullable=False),
)
statements = table(
    "statements",
    key("id"),
    Column("fingerprint", Text(), nullable=False),
    Column("text", Text(), nullable=False),
    Column("place", Text(), nullable=False),
)
requests = buckets("requests", key("series"), key("status", Integer()), number("count"), seconds("seconds"))
latencies = buckets(
    "latencies", key("series"), number("count"), seconds("seconds"), seconds("longest", "max"), histogram("histogram")
)
splits = buckets(
    "splits",
    key("series"),
    number("samples"),
    *map(seconds, ("wall", "view", "cpu", "sql", "cache", "outgoing", "waiting")),
    number("statements"),
    number("size"),
    # A streamed answer's size is not known.
    number("sized"),
)
executions = buckets(
    "executions",
    key("series"),
    key("statement"),
    number("requests"),
    number("executions"),
    number("most", "max"),
    seconds("seconds"),
)
counters = buckets("counters", key("name", Text()), number("count"))
# Workers are not merged in these: there are few.
pulses = buckets(
    "pulses",
    seconds("elapsed"),
    seconds("busy"),
    number("threads", "max"),
    number("in_flight", "max"),
    number("queue", "max"),
    number("memory", "max"),
    histogram("lateness"),
    number("requests"),
    number("dropped"),
    seconds("own_cpu"),
)
gauges = table("gauges", key("name", Text()), Column("value", Double(), nullable=False), seconds("time"))
samples = table(
    "samples",
    key("id", Text()),
    key("time", Double()),
    Column("kind", Text(), nullable=False),
    Column("series", BigInteger(), nullable=False),
    Column("status", Integer(), nullable=False),
    Column("seconds", Double(), nullable=False),
    Column("cpu", Double(), nullable=False),
    Column("worker", BigInteger(), nullable=False),
    Column("has_stack", Boolean(), nullable=False),
    Column("size", BigInteger(), nullable=False),
    Column("body", LargeBinary(), nullable=False),
    Index("ix_profiler_samples_time", "time", "kind", "size"),
    Index("ix_profiler_samples_series", "series", "time"),
)
# Coarser buckets whose finer ones a worker has changed since they were added up.
changes = table("changes", key("resolution", Integer()), key("bucket"), key("worker"))
# Who keeps the storage tidy, and until when; up to when each resolution was added up.
state = table(
    "state", key("name", Text()), Column("holder", Text(), nullable=False), Column("time", Double(), nullable=False)
)

FACTS = (requests, latencies, splits, executions, counters, pulses)


def values(facts: Table) -> list[Column[Any]]:
    """The columns that are added up; `info["how"]` says how: "sum", "max" or "histogram"."""
    return [column for column in facts.columns if not column.primary_key]
