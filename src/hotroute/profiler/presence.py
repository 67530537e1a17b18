"""The workers: which there are, and how busy they were."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, select

from hotroute.profiler import schema
from hotroute.profiler.facts import combined
from hotroute.profiler.histogram import Histogram
from hotroute.profiler.reading import Reading
from hotroute.profiler.summaries import Span, WorkersHistory, WorkerSummary

ALIVE = 15.0
"""Seconds since its last pulse after which a worker is not there anymore."""

NOTHING = (0.0, 0.0, 0, 0, 0, 0, Histogram(), 0, 0, 0.0)


def workers(found: Reading, span: Span) -> WorkersHistory:
    processes = present(found, span)
    return WorkersHistory(
        workers=tuple(summaries(found, processes)),
        restarts=sum(span.start <= process.started < span.end for process in processes),
        step=found.step,
        times=found.times,
        busy=busy(found),
    )


def present(found: Reading, span: Span) -> list[Row[Any]]:
    """Those that were seen in the span, the newest first."""
    table = schema.workers
    query = select(table).where(table.c.worker != "", table.c.seen >= span.start, table.c.started < span.end)
    if span.release:
        query = query.where(table.c.release == span.release)
    return list(found.connection.execute(query.order_by(table.c.started.desc(), table.c.worker)))


def summaries(found: Reading, processes: Iterable[Row[Any]]) -> Iterable[WorkerSummary]:
    pulses = sums(found)
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


def sums(found: Reading) -> dict[int, tuple[Any, ...]]:
    """Of each worker its pulses, in the order of the table's columns."""
    table, sums = schema.pulses, dict[int, tuple[Any, ...]]()
    columns = schema.values(table)
    late = [column.name for column in columns].index("lateness")
    for worker, *values in found.rows(table, found.whole(), (table.c.worker, *columns)):
        values[late] = Histogram.load(values[late])
        known = sums.get(worker)
        sums[worker] = tuple(values) if known is None else combined(table.name, known, tuple(values))
    return sums


def busy(found: Reading) -> tuple[float, ...]:
    seconds: dict[int, float] = defaultdict(float)
    table = schema.pulses
    for bucket, within in found.rows(table, found.stepwise(), (table.c.bucket, table.c.busy)):
        seconds[found.index(bucket)] += within
    # The last step may not be over.
    lengths = (max(1.0, min(found.step, found.now - time)) for time in found.times)
    return tuple(seconds[index] / length for index, length in enumerate(lengths))
