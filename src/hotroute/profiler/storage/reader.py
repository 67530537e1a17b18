"""One consistent look at the storage: which buckets answer for a span, and their sums."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, func, select

from hotroute.profiler.model import resolutions
from hotroute.profiler.model.resolutions import HOUR, RESOLUTIONS, Range, floor
from hotroute.profiler.model.results import TimeRange
from hotroute.profiler.storage import schema

EXACT = 0.0
SHORT = 2 * HOUR


class Reading:
    """What the storage says of a span, whose edges are moved to those of buckets (`levels.edges`).

    Args:
        steps: about how many buckets the span shall have.
        tolerance: by how many seconds a sum over coarse buckets may lag behind.

    Attributes:
        step: seconds of the span's steps; `times` is when each begins.
    """

    def __init__(self, connection: Connection, span: TimeRange, now: float, steps: int, tolerance: float) -> None:
        self.connection, self.release, self.now = connection, span.release, now
        self.resolution, self.start, self.end = resolutions.edges(span.start, span.end, now)
        count = (self.end - self.start) // self.resolution
        self.step = self.resolution * max(1, round(count / steps))
        self.times = tuple(range(self.start, self.end, self.step))
        self.stale = stale(connection, now - tolerance if tolerance else inf)

    def stepwise(self) -> list[Range]:
        return list(resolutions.cover(self.resolution, self.start, self.end, self.stale))

    def whole(self) -> list[Range]:
        return list(resolutions.summed(self.resolution, self.start, self.end, self.stale))

    def index(self, bucket: int) -> int:
        return (bucket - self.start) // self.step

    def rows(
        self,
        table: Table,
        ranges: Iterable[Range],
        columns: Sequence[Column[Any]],
        series: Sequence[int] | None = None,
        worker: Sequence[int] | None = None,
    ) -> Iterator[Any]:
        """The rows as they are, of all workers or only of these."""
        query = select(*columns) if worker is None else select(*columns).where(table.c.worker.in_(worker))
        for each in ranges:
            yield from self.connection.execute(self.within(query, table, each, series))

    def sums(
        self,
        table: Table,
        ranges: Iterable[Range],
        keys: Sequence[Column[Any]],
        series: Sequence[int] | None = None,
    ) -> Iterator[Any]:
        """The keys, then every number of the table, added up in each of the ranges."""
        summed = [SQL[column.info["how"]](column) for column in schema.values(table) if column.info["how"] in SQL]
        for each in ranges:
            statement = self.within(select(*keys, *summed), table, each, series).group_by(*keys)
            yield from self.connection.execute(statement)

    def within(self, statement: Select[Any], table: Table, each: Range, series: Sequence[int] | None) -> Select[Any]:
        clauses: list[ColumnElement[bool]] = [table.c.resolution == each.resolution]
        if series is None:
            clauses += [table.c.bucket >= each.start, table.c.bucket < each.end]
        else:
            # Each row is found by its key; the others of these buckets are not read.
            clauses += [table.c.bucket.in_(list(range(*each[1:], each.resolution))), table.c.series.in_(series)]
        if self.release:
            of_release = select(schema.workers.c.id).where(schema.workers.c.release == self.release)
            clauses.append(table.c.worker.in_(of_release))
        return statement.where(*clauses)


SQL: dict[str, Callable[..., ColumnElement[Any]]] = {"sum": func.sum, "max": func.max}


def stale(connection: Connection, since: float) -> set[tuple[int, int]]:
    """(resolution, bucket) of the sums that lack something that was written before `since`, Unix seconds."""
    complete = {row.name: row.time for row in connection.execute(select(schema.state.c.name, schema.state.c.time))}
    changes = connection.execute(select(schema.changes.c.resolution, schema.changes.c.bucket).distinct())
    found = set()
    for resolution, bucket in changes.all():
        for coarser in RESOLUTIONS:
            if coarser >= resolution and complete.get(str(coarser), 0.0) <= since:
                found.add((coarser, floor(bucket, coarser)))
    return found


def tolerance(span: TimeRange) -> float:
    """By how many seconds a long span may lag behind, so that it need not be read down to the newest rows."""
    return span.seconds / 1000 if span.seconds > SHORT else EXACT
