"""The sums since the storage began: each stretch of time is added to them once, when nothing in it can change."""

from collections.abc import Iterable
from itertools import chain
from math import inf

from sqlalchemy import Connection, Table, select

from hotroute.profiler.model import resolutions
from hotroute.profiler.model.resolutions import HOUR, Range, floor
from hotroute.profiler.storage import engine, schema
from hotroute.profiler.storage.reader import stale
from hotroute.profiler.storage.rollup import NOBODY, grouped, keys, within

EVER = "ever"
"""The name of the state whose time says up to when everything is in `SUMMED`."""

SUMMED = Range(1, 0, 1)
"""Where the sum of everything old is: as a bucket of one second at the beginning of time."""

RESOLUTION = 2 * HOUR
TABLES = (schema.requests, schema.latencies, schema.counters)


def since(connection: Connection) -> int:
    """Up to when everything is in `SUMMED`, Unix seconds."""
    time = connection.scalar(select(schema.state.c.time).where(schema.state.c.name == EVER))
    return int(time or 0)


def advance(connection: Connection, now: float) -> None:
    """Add what is older than an hour, and so cannot change, within the caller's transaction."""
    start, end = since(connection), floor(now - HOUR, RESOLUTION)
    if end <= start:
        return
    ranges = list(resolutions.summed(RESOLUTION, start, end, stale(connection, inf)))
    for table in TABLES:
        add(connection, table, (SUMMED, *ranges))
    state = {"name": EVER, "holder": "", "time": float(end)}
    connection.execute(engine.upsert(connection.dialect.name, schema.state), state)


def add(connection: Connection, table: Table, ranges: Iterable[Range]) -> None:
    columns = (*keys(table), *schema.values(table))
    found = chain.from_iterable(connection.execute(select(*columns).where(*within(table, each))) for each in ranges)
    place = {"resolution": SUMMED.resolution, "bucket": SUMMED.start, "worker": NOBODY}
    rows = [place | row for row in grouped(table, [column.name for column in keys(table)], found)]
    if rows:
        connection.execute(engine.upsert(connection.dialect.name, table), rows)
