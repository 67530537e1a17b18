"""The sums since the storage began: each stretch of time is added to them once, when nothing in it can change."""

from collections.abc import Iterable
from itertools import chain
from math import inf

from sqlalchemy import Connection, Table, select

from hotroute.profiler import connections, levels, schema
from hotroute.profiler.levels import HOUR, Range, floor
from hotroute.profiler.reading import stale
from hotroute.profiler.rollup import NOBODY, grouped, keys, within
from hotroute.profiler.totals import EVER, SUMMED, since

RESOLUTION = 2 * HOUR
TABLES = (schema.requests, schema.latencies, schema.counters)


def advance(connection: Connection, now: float) -> None:
    """Add what is older than an hour, and so cannot change, within the caller's transaction."""
    start, end = since(connection), floor(now - HOUR, RESOLUTION)
    if end <= start:
        return
    ranges = list(levels.summed(RESOLUTION, start, end, stale(connection, inf)))
    for table in TABLES:
        add(connection, table, (SUMMED, *ranges))
    state = {"name": EVER, "holder": "", "time": float(end)}
    connection.execute(connections.upsert(connection.dialect.name, schema.state), state)


def add(connection: Connection, table: Table, ranges: Iterable[Range]) -> None:
    columns = (*keys(table), *schema.values(table))
    found = chain.from_iterable(connection.execute(select(*columns).where(*within(table, each))) for each in ranges)
    place = {"resolution": SUMMED.resolution, "bucket": SUMMED.start, "worker": NOBODY}
    rows = [place | row for row in grouped(table, [column.name for column in keys(table)], found)]
    if rows:
        connection.execute(connections.upsert(connection.dialect.name, table), rows)
