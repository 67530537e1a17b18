"""What is too old, or too much, is deleted: a bucket at a time, so that nobody waits for long."""

from collections.abc import Iterator

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    union_all,
    update,
)

from hotroute.profiler.model.resolutions import DAY, KEPT, RESOLUTIONS, floor
from hotroute.profiler.storage import schema
from hotroute.profiler.storage.lifetime import RESOLUTION, since

SAMPLES_KEPT = 7 * DAY
WORKERS_KEPT = 30 * DAY
MOST_BYTES = 64 * 1024 * 1024
"""Of all samples; a quarter of it is for those that are neither slow nor failed."""

MOST_STATEMENTS = 50_000
AT_ONCE = 500
PAGES = 256


def expired(connection: Connection, now: float) -> Iterator[tuple[int, int]]:
    """(resolution, bucket) of the oldest buckets of each resolution, as far as they may go."""
    for resolution in RESOLUTIONS:
        limit = kept_from(connection, resolution, now)
        firsts = (select(func.min(table.c.bucket)).where(table.c.resolution == resolution) for table in schema.FACTS)
        oldest = {bucket for bucket in connection.scalars(union_all(*firsts)) if bucket is not None}
        yield from ((resolution, bucket) for bucket in sorted(oldest) if bucket < limit)


def kept_from(connection: Connection, resolution: int, now: float) -> int:
    coarser = next(iter(RESOLUTIONS[RESOLUTIONS.index(resolution) + 1 :]), resolution)
    limit = floor(now - KEPT[resolution], coarser)
    # What is not added up yet stays.
    waiting = select(func.min(schema.changes.c.bucket)).where(schema.changes.c.resolution == coarser)
    limit = min(limit, connection.scalar(waiting) or limit)
    return min(limit, since(connection)) if resolution >= RESOLUTION else limit


def drop(connection: Connection, resolution: int, bucket: int) -> None:
    for table in schema.FACTS:
        connection.execute(delete(table).where(table.c.resolution == resolution, table.c.bucket == bucket))


def drop_samples(connection: Connection, now: float, most: int) -> int:
    """Delete old samples, and some of the oldest if all are more than `most` bytes; how many."""
    table = schema.samples
    sizes = connection.execute(select(table.c.kind, func.sum(table.c.size)).group_by(table.c.kind))
    bytes_of = {kind: int(size) for kind, size in sizes}
    common, total = bytes_of.get("sample", 0), sum(bytes_of.values())
    dropped = drop_oldest(connection, table.c.time < now - SAMPLES_KEPT, total)
    common_ones = max(0, min(total - most, common - most // 4))
    dropped += drop_oldest(connection, table.c.kind == "sample", common_ones)
    dropped += drop_oldest(connection, table.c.kind != "sample", total - most - common_ones)
    return dropped


def drop_oldest(connection: Connection, chosen: ColumnElement[bool], size: int) -> int:
    """Delete up to `size` bytes of them, rather more than less, but only so many at once."""
    table = schema.samples
    query = select(table.c.id, table.c.time, table.c.size).where(chosen).order_by(table.c.time).limit(AT_ONCE)
    keys = []
    for row in connection.execute(query):
        if size <= 0:
            break
        size -= row.size
        keys.append({"sample": row.id, "at": row.time})
    if keys:
        matching = delete(table).where(table.c.id == bindparam("sample"), table.c.time == bindparam("at"))
        connection.execute(matching, keys)
    return len(keys)


def update_workers(connection: Connection, now: float) -> None:
    """Releases are as old and as new as their workers are; workers of which nothing is left go."""
    table, each = schema.workers, schema.workers.alias()
    newest = select(func.max(each.c.seen)).where(each.c.merged == table.c.merged).scalar_subquery()
    connection.execute(update(table).where(table.c.worker == "").values(seen=newest))
    old = and_(table.c.worker != "", table.c.seen < now - WORKERS_KEPT)
    older = table.c.seen < now - KEPT[RESOLUTIONS[-1]] - WORKERS_KEPT
    connection.execute(delete(table).where(or_(old, older)))


def drop_statements(connection: Connection) -> None:
    """The texts of statements that nothing counts anymore, where an application makes ever new ones."""
    table = schema.statements
    if (connection.scalar(select(func.count()).select_from(table)) or 0) > MOST_STATEMENTS:
        connection.execute(delete(table).where(table.c.id.not_in(select(schema.executions.c.statement))))


def shrink(connection: Connection) -> None:
    """Give some of the pages that are not needed anymore back to the file system; PostgreSQL does so by itself."""
    if connection.dialect.name == "sqlite":
        pages, free = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "freelist_count")
        )
        # A tenth of the file is left for what comes next. The driver takes one step of a statement: one page each.
        for _ in range(min(PAGES, free - pages // 10)):
            connection.exec_driver_sql("PRAGMA incremental_vacuum(1)")
