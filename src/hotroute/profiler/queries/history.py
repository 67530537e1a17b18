"""What was measured, of all workers and hosts: the one thing that dashboard, advice and exports ask."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from sqlalchemy import Connection, Select, func, select

from hotroute.profiler.model import resolutions
from hotroute.profiler.model.histogram import Histogram
from hotroute.profiler.model.results import (
    CacheHistory,
    Change,
    Release,
    RouteHistory,
    RouteStatement,
    RouteSummary,
    SampleHead,
    Series,
    StatementSummary,
    StoredSample,
    TimeRange,
    Totals,
    WorkersHistory,
)
from hotroute.profiler.queries import routes
from hotroute.profiler.queries.lifetime_totals import totals
from hotroute.profiler.queries.workers import workers
from hotroute.profiler.storage import engine as storage_engine
from hotroute.profiler.storage import reader, sample_codec, schema
from hotroute.profiler.storage.facts import combined
from hotroute.profiler.storage.fold import DROPPED
from hotroute.profiler.storage.reader import Reading

FEW = 100
"""Series up to which the newest rows are read too, however long the span is: then nothing lags behind."""

MOST_STATEMENTS = 100
MOST_SLOWEST = 20
GONE = ("", "(a statement whose text was deleted)", "")


class History:
    """Reads the storage at `url`; any thread may ask.

    Every method raises `sqlalchemy.exc.SQLAlchemyError` where the storage cannot be read: there is none yet
    (`Storage.prepare` makes it), or the database does not answer.

    Args:
        clock: gives the time, in Unix seconds.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.time) -> None:
        engine = storage_engine.engine(url, pool_size=4, timeout=5)
        snapshot = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        self.engine = engine.execution_options(**snapshot)
        self.clock = clock
        self.known: routes.Names = {}

    def close(self) -> None:
        self.engine.dispose()

    @contextmanager
    def reading(self, span: TimeRange, steps: int) -> Iterator[Reading]:
        with self.engine.connect() as connection:
            tolerance = reader.tolerance(span) if len(self.names(connection)) > FEW else reader.EXACT
            yield Reading(connection, span, self.clock(), steps, tolerance)

    def names(self, connection: Connection) -> routes.Names:
        """What each series is: they are only added, never changed."""
        table = schema.series
        if connection.scalar(select(func.count()).select_from(table)) != len(self.known):
            rows = connection.execute(select(table.c.id, table.c.route, table.c.method, table.c.cache))
            self.known = {row.id: (row.route, row.method, row.cache) for row in rows}
        return self.known

    def read(self, span: TimeRange) -> TimeRange:
        """The stretch of time that every number of the span is of: from bucket to bucket, or until now."""
        now = self.clock()
        _, start, end = resolutions.edges(span.start, span.end, now)
        return replace(span, start=start, end=min(end, max(now, start + 1)))

    def requests(self, span: TimeRange, steps: int) -> dict[int, int]:
        """How many there were, of all routes, by when each step begins."""
        table = schema.requests
        with self.reading(span, steps) as found:
            counts = dict.fromkeys(found.times, 0)
            for bucket, count, _ in found.sums(table, found.stepwise(), (table.c.bucket,)):
                counts[found.times[found.index(bucket)]] += int(count)
            return counts

    def routes(self, span: TimeRange, steps: int = 60) -> list[RouteSummary]:
        """Every route that was asked for in the span, ranked by the time that it took in all."""
        with self.reading(span, steps) as found:
            return routes.ranked(routes.sums(found, self.names(found.connection)))

    def route(self, span: TimeRange, route: str, method: str, steps: int = 120) -> RouteHistory:
        """One route; all numbers are zero where it was not asked for."""
        with self.reading(span, steps) as found:
            names = self.names(found.connection)
            series = [number for number, name in names.items() if name[:2] == (route, method)]
            sums = routes.sums(found, names, series).get((route, method), routes.Sums(steps=[0] * len(found.times)))
            owned = ranked_statements(found, names, series)
            return RouteHistory(
                summary=sums.summary(route, method),
                series=chart(found, series),
                histogram=tuple(sums.histogram().buckets()),
                statuses={status: count for status, count in sorted(sums.statuses.items()) if count},
                statements=tuple(each.statement for each in owned[:MOST_STATEMENTS]),
                slowest=tuple(heads(found.connection, slowest(span, series))),
            )

    def statements(self, span: TimeRange, limit: int = 1000) -> list[RouteStatement]:
        """Those of all routes; the one that took most time first."""
        with self.reading(span, 1) as found:
            return ranked_statements(found, self.names(found.connection), None)[:limit]

    def sample(self, identity: str) -> StoredSample | None:
        """The newest sample of the request with this id."""
        query = select(schema.samples.c.body, schema.workers.c.release, schema.workers.c.worker)
        query = query.join_from(schema.samples, schema.workers, schema.samples.c.worker == schema.workers.c.id)
        query = query.where(schema.samples.c.id == identity).order_by(schema.samples.c.time.desc()).limit(1)
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
        return row and StoredSample(sample_codec.load(row.body), row.release, row.worker)

    def samples(self, span: TimeRange, kind: str = "", limit: int = 100) -> list[SampleHead]:
        """The newest first; of one kind, or of all."""
        query = sampled(span).order_by(schema.samples.c.time.desc()).limit(limit)
        with self.engine.connect() as connection:
            return heads(connection, query.where(schema.samples.c.kind == kind) if kind else query)

    def cache(self, span: TimeRange, steps: int = 60) -> CacheHistory:
        with self.reading(span, steps) as found:
            names = self.names(found.connection)
            asked = [number for number, name in names.items() if name[2]]
            sums = routes.sums(found, names, asked)
            return CacheHistory(
                step=found.step,
                times=found.times,
                outcomes=outcomes(found, names, asked),
                counters=counters(found),
                gauges=gauges(found.connection),
                routes=tuple(routes.ranked(sums)),
            )

    def gauges(self) -> dict[str, float]:
        """What the cache's store said last, by name."""
        with self.engine.connect() as connection:
            return gauges(connection)

    def workers(self, span: TimeRange, steps: int = 60) -> WorkersHistory:
        with self.reading(span, steps) as found:
            return workers(found, span)

    def compare(self, before: TimeRange, after: TimeRange) -> list[Change]:
        """Every route of the two spans (or releases), ranked by the time that it took in both."""
        spans = [{(each.route, each.method): each for each in self.routes(span, steps=1)} for span in (before, after)]
        changes = [Change(*key, *(span.get(key) for span in spans)) for key in {**spans[0], **spans[1]}]
        return sorted(changes, key=lambda each: -sum(side.seconds for side in (each.before, each.after) if side))

    def releases(self) -> list[Release]:
        """The oldest first."""
        table, first = schema.workers, func.min(schema.workers.c.started)
        query = select(table.c.release, first, func.max(table.c.seen)).group_by(table.c.release).order_by(first)
        with self.engine.connect() as connection:
            return [Release(*row) for row in connection.execute(query)]

    def totals(self) -> Totals:
        """Since the storage began; none of the numbers ever gets smaller."""
        with self.engine.connect() as connection:
            return totals(connection, self.names(connection), self.clock())


def chart(found: Reading, series: Sequence[int]) -> Series:
    requests, errors = [0] * len(found.times), [0] * len(found.times)
    table, ranges = schema.requests, found.stepwise()
    for status, bucket, count, _ in found.sums(table, ranges, (table.c.status, table.c.bucket), series):
        requests[found.index(bucket)] += int(count)
        errors[found.index(bucket)] += int(count) if status >= 500 else 0
    dumps: dict[int, list[bytes]] = defaultdict(list)
    for bucket, dump in found.rows(
        schema.latencies, ranges, (schema.latencies.c.bucket, schema.latencies.c.histogram), series
    ):
        dumps[found.index(bucket)].append(dump)
    latencies = [Histogram.load(*dumps[index]).quantiles((0.5, 0.95, 0.99)) for index in range(len(found.times))]
    return Series(found.step, found.times, tuple(requests), tuple(errors), *zip(*latencies, strict=True))


def ranked_statements(found: Reading, names: routes.Names, series: Sequence[int] | None) -> list[RouteStatement]:
    sums: dict[tuple[str, str, int], tuple[Any, ...]] = {}
    table = schema.executions
    for owner, number, *values in found.sums(table, found.whole(), (table.c.series, table.c.statement), series):
        key, row = (*names[owner][:2], number), (*map(int, values[:-1]), float(values[-1]))
        sums[key] = combined(table.name, sums[key], row) if key in sums else row
    there = schema.statements
    texts = {row.id: (row.fingerprint, row.text, row.place) for row in found.connection.execute(select(there))}
    return [
        RouteStatement(route, method, StatementSummary(*texts.get(number, GONE), *row))
        for (route, method, number), row in sorted(sums.items(), key=lambda item: -item[1][-1])
        if row[1]
    ]


def gauges(connection: Connection) -> dict[str, float]:
    return {row.name: row.value for row in connection.execute(select(schema.gauges))}


def outcomes(found: Reading, names: routes.Names, asked: Sequence[int]) -> dict[str, tuple[int, ...]]:
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * len(found.times))
    table = schema.requests
    for number, bucket, count, _ in found.sums(table, found.stepwise(), (table.c.series, table.c.bucket), asked):
        counts[names[number][2]][found.index(bucket)] += int(count)
    return {outcome: tuple(each) for outcome, each in sorted(counts.items())}


def counters(found: Reading) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for name, count in found.sums(schema.counters, found.whole(), (schema.counters.c.name,)):
        sums[name] += int(count)
    del sums[DROPPED]
    return dict(sorted(sums.items()))


def sampled(span: TimeRange) -> Select[Any]:
    table, series, worker = schema.samples, schema.series, schema.workers
    query = select(
        *(table.c.id, table.c.kind, table.c.time, series.c.route, series.c.method, table.c.status, series.c.cache),
        *(table.c.seconds, table.c.cpu, worker.c.release, worker.c.worker, table.c.has_stack),
    )
    query = query.join_from(table, series, table.c.series == series.c.id)
    query = query.join(worker, table.c.worker == worker.c.id)
    query = query.where(table.c.time >= span.start, table.c.time < span.end)
    return query.where(worker.c.release == span.release) if span.release else query


def slowest(span: TimeRange, series: Sequence[int]) -> Select[Any]:
    table = schema.samples
    return sampled(span).where(table.c.series.in_(series)).order_by(table.c.seconds.desc()).limit(MOST_SLOWEST)


def heads(connection: Connection, query: Select[Any]) -> list[SampleHead]:
    return [SampleHead(*row) for row in cast(Iterable[Any], connection.execute(query))]
