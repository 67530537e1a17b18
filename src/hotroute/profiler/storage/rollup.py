"""Fine buckets added up in a coarse one: always anew from all of them, so that doing it twice changes nothing."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, literal, select

from hotroute.profiler.model import resolutions
from hotroute.profiler.model.histogram import Histogram
from hotroute.profiler.model.resolutions import RESOLUTIONS, Range, floor
from hotroute.profiler.storage import engine, schema
from hotroute.profiler.storage.reader import SQL

NOBODY = 0
"""The worker of changes that come from adding up."""

IN_SQL = tuple(table for table in schema.FACTS if all(column.info["how"] in SQL for column in schema.values(table)))


def changed(connection: Connection, resolution: int) -> list[int]:
    """The buckets of that resolution whose finer ones have changed, the newest first."""
    bucket = schema.changes.c.bucket
    query = select(bucket).where(schema.changes.c.resolution == resolution).distinct().order_by(bucket.desc())
    return list(connection.scalars(query))


def roll(connection: Connection, resolution: int, bucket: int) -> None:
    """Add up one bucket of that resolution, within the caller's transaction."""
    # First: this waits for a worker that is writing into these buckets, and a later one leaves its mark again.
    marks = schema.changes.c
    connection.execute(delete(schema.changes).where(marks.resolution == resolution, marks.bucket == bucket))
    fine = Range(resolutions.finer(resolution), bucket, bucket + resolution)
    for table in IN_SQL:
        sum_up(connection, table, fine, Range(resolution, bucket, bucket + resolution))
    merge(connection, schema.latencies, fine, resolution, schema.workers.c.merged)
    merge(connection, schema.pulses, fine, resolution, schema.workers.c.id)
    for coarser in RESOLUTIONS[RESOLUTIONS.index(resolution) + 1 :][:1]:
        mark = {"resolution": coarser, "bucket": floor(bucket, coarser), "worker": NOBODY}
        connection.execute(engine.upsert(connection.dialect.name, schema.changes), mark)


def sum_up(connection: Connection, table: Table, fine: Range, coarse: Range) -> None:
    """Where the database can add up."""
    worker, values = schema.workers.c.merged, schema.values(table)
    places = [literal(coarse.resolution), literal(coarse.start)]
    summed = [SQL[column.info["how"]](column) for column in values]
    query = select(*places, *keys(table), worker, *summed).join_from(table, schema.workers, joined(table))
    query = query.where(*within(table, fine)).group_by(*keys(table), worker)
    names = [column.name for column in (*table.primary_key.columns, *values)]
    connection.execute(engine.upsert(connection.dialect.name, table, source=(names, query)))


def merge(connection: Connection, table: Table, fine: Range, resolution: int, worker: ColumnElement[int]) -> None:
    """Where there are histograms, which only we can add up."""
    columns = (*keys(table), worker, *schema.values(table))
    query = select(*columns).join_from(table, schema.workers, joined(table)).where(*within(table, fine))
    names = [*(column.name for column in keys(table)), "worker"]
    place = {"resolution": resolution, "bucket": fine.start}
    rows = [place | row for row in grouped(table, names, connection.execute(query))]
    if rows:
        connection.execute(engine.upsert(connection.dialect.name, table), rows)


def grouped(table: Table, names: Sequence[str], found: Iterable[Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """Rows with equal keys as one; `names` are those of the keys, the table's values are behind them."""
    groups: dict[tuple[Any, ...], list[Sequence[Any]]] = {}
    for row in found:
        groups.setdefault(tuple(row[: len(names)]), []).append(row[len(names) :])
    for key, rows in groups.items():
        sums = {
            column.name: MERGED[column.info["how"]](numbers)
            for column, numbers in zip(schema.values(table), zip(*rows, strict=True), strict=True)
        }
        yield dict(zip(names, key, strict=True)) | sums


MERGED: dict[str, Callable[[Sequence[Any]], Any]] = {
    "sum": sum,
    "max": max,
    "histogram": lambda dumps: Histogram.load(*dumps).dump(),
}


def keys(table: Table) -> list[Column[Any]]:
    """What tells its rows of the same time and worker apart."""
    return [column for column in table.primary_key.columns if column.name not in {"resolution", "bucket", "worker"}]


def joined(table: Table) -> ColumnElement[bool]:
    return table.c.worker == schema.workers.c.id


def within(table: Table, each: Range) -> tuple[ColumnElement[bool], ...]:
    return table.c.resolution == each.resolution, table.c.bucket >= each.start, table.c.bucket < each.end
