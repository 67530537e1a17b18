"""The workers: which there are, and how busy they were."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select

from hotroute.profiler.model.histogram import Histogram
from hotroute.profiler.model.results import TimeRange, WorkersHistory, WorkerSummary
from hotroute.profiler.storage import schema
from hotroute.profiler.storage.facts import combined
from hotroute.profiler.storage.reader import Reading

ALIVE = 15.0
"""Seconds since its last pulse after which a worker is not there anymore."""

MOST = 200
NOTHING = (0.0, 0.0, 0, 0, 0, 0, Histogram(), 0, 0, 0.0)


def workers(found: Reading, span: TimeRange) -> WorkersHistory:
    processes = present(found, span)
    return WorkersHistory(
        workers=tuple(summaries(found, processes)),
        restarts=restarts(found, span),
        step=found.step,
        times=found.times,
        busy=busy(found),
    )


def present(found: Reading, span: TimeRange) -> Sequence[Row[Any]]:
    """Those that were seen in the span, the newest first; of very many, those that were seen last."""
    table = schema.workers
    query = of_release(select(table), span).where(table.c.seen >= span.start, table.c.started < span.end)
    rows = found.connection.execute(query.order_by(table.c.seen.desc()).limit(MOST)).all()
    return sorted(rows, key=lambda row: (-row.started, row.worker))


def restarts(found: Reading, span: TimeRange) -> int:
    table = schema.workers
    query = of_release(select(func.count()).select_from(table), span)
    return found.connection.scalar(query.where(table.c.started >= span.start, table.c.started < span.end)) or 0


def of_release(query: Select[Any], span: TimeRange) -> Select[Any]:
    table = schema.workers
    query = query.where(table.c.worker != "")
    return query.where(table.c.release == span.release) if span.release else query


def summaries(found: Reading, processes: Sequence[Row[Any]]) -> Iterable[WorkerSummary]:
    pulses = sums(found, [process.id for process in processes])
    for process in processes:
        elapsed, within, threads, _, queue, _, lateness, requests, dropped, own_cpu = pulses.get(process.id, NOTHING)
        yield WorkerSummary(
            worker=process.worker,
            host=process.host,
            pid=process.pid,
            release=process.release,
            started=process.started,
            seen=process.seen,
            alive=process.seen > found.now - ALIVE,
            threads=process.threads,
            busy=min(1.0, within / (elapsed * threads)) if elapsed and threads else 0.0,
            in_flight=process.in_flight,
            queue=process.queue,
            memory=process.memory,
            late_p95=lateness.quantile(0.95),
            requests=requests,
            dropped=dropped,
            own_cpu=own_cpu / elapsed if elapsed else 0.0,
            most_queued=max(0, queue),
        )


def sums(found: Reading, processes: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    """Of each of these workers its pulses, in the order of the table's columns."""
    table, sums = schema.pulses, dict[int, tuple[Any, ...]]()
    columns = schema.values(table)
    late = [column.name for column in columns].index("lateness")
    for worker, *values in found.rows(table, found.whole(), (table.c.worker, *columns), worker=processes):
        values[late] = Histogram.load(values[late])
        known = sums.get(worker)
        sums[worker] = tuple(values) if known is None else combined(table.name, known, tuple(values))
    return sums


def busy(found: Reading) -> tuple[float, ...]:
    seconds: dict[int, float] = defaultdict(float)
    table = schema.pulses
    for bucket, _, within, *_ in found.sums(table, found.stepwise(), (table.c.bucket,)):
        seconds[found.index(bucket)] += float(within)
    # The last step may not be over.
    lengths = (max(1.0, min(found.step, found.now - time)) for time in found.times)
    return tuple(seconds[index] / length for index, length in enumerate(lengths))
