"""A storage full of plausible history, without weeks of measuring.

`python -m tests.profiler.synthetic URL [ROUTES [DAYS]]` fills one by hand. The rows of each resolution are made
directly; those of different resolutions agree about rates and latencies, not to the last request.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import exp, log, pi, sin
from operator import itemgetter
from random import Random
from typing import Any

from sqlalchemy import Connection, Table, insert

from hotroute.profiler.model.histogram import MIDDLES, MOST, Histogram
from hotroute.profiler.model.records import NO_ROUTE, Event, Request, Sample
from hotroute.profiler.model.resolutions import FINEST, KEPT, MINUTE, RESOLUTIONS, floor
from hotroute.profiler.storage import migrations, sample_codec, schema
from hotroute.profiler.storage.engine import engine

STEPS = 8
"""Different rates over a day."""

FINE = 12 * MINUTE
"""Seconds for which there are buckets of the finest resolution."""

FEW = 40
"""Requests in a bucket, of which each has a latency of its own; of more, they are spread evenly."""

CHUNK = 20_000


@dataclass(frozen=True)
class Kind:
    """How a route behaves.

    Attributes:
        rate: requests per second, all workers together.
        median: seconds of a request that no cache answers.
        spread: of the logarithm of these.
        cpu, sql, outgoing: shares of the time.
        statements: in one request; `repeated` of them are the same one.
        hits: share of the requests that the cache answers, None where it is not asked.
        errors, refused: shares.
        slower: the factor of the newest release.
    """

    route: str
    method: str = "GET"
    rate: float = 1.0
    median: float = 0.02
    spread: float = 0.5
    cpu: float = 0.3
    sql: float = 0.5
    outgoing: float = 0.0
    statements: int = 3
    repeated: int = 0
    hits: float | None = None
    errors: float = 0.0
    refused: float = 0.01
    slower: float = 1.0


NAMED = (
    Kind("/api/articles", rate=40, median=0.012, statements=2, hits=0.93, refused=0.0),
    Kind("/api/articles/<slug>", rate=25, median=0.006, statements=2, hits=0.9, refused=0.03),
    Kind("/api/articles/feed", rate=8, median=0.045, statements=23, repeated=21, refused=0.02),
    Kind("/api/articles", "POST", rate=0.8, median=0.03, statements=6, sql=0.7),
    Kind("/api/articles/<slug>/comments", rate=12, median=0.009, hits=0.35, statements=2),
    Kind("/api/articles/<slug>/favorite", "POST", rate=3, median=0.015, statements=4, slower=1.6),
    Kind("/api/tags", rate=20, median=0.002, statements=1, hits=0.99),
    Kind("/api/users/login", "POST", rate=1.5, median=0.11, cpu=0.95, sql=0.03, statements=1, refused=0.2),
    Kind("/api/reports/<int:year>", rate=0.3, median=1.4, cpu=0.9, sql=0.05, statements=2),
    Kind("/api/weather", rate=2, median=0.35, cpu=0.03, sql=0.02, outgoing=0.93, statements=1, errors=0.04),
    Kind(NO_ROUTE, rate=0.5, median=0.0004, statements=0, refused=1.0),
    Kind('/search/<q>"><script>alert(1)</script>', rate=0.1, median=0.05),
)


def kinds(count: int, random: Random) -> list[Kind]:
    """The named ones, and as many more as there shall be."""
    found = list(NAMED[:count])
    while len(found) < count:
        number = len(found)
        cached = random.random() < 0.3
        found.append(
            Kind(
                f"/api/{random.choice(('shops', 'orders', 'teams', 'invoices', 'files'))}/{number}/<id>",
                random.choice(("GET", "GET", "GET", "POST", "PUT", "DELETE")),
                rate=exp(random.gauss(-1, 1.3)),
                median=exp(random.gauss(-4, 0.9)),
                cpu=random.uniform(0.05, 0.7),
                sql=random.uniform(0.05, 0.3),
                statements=random.choice((0, 1, 1, 2)),
                hits=random.random() if cached else None,
                errors=random.choice((0, 0, 0, 0.002)),
                refused=random.uniform(0, 0.05),
            )
        )
    return found


@dataclass(frozen=True)
class Line:
    """A kind's requests of one outcome: what becomes a series."""

    kind: Kind
    cache: str
    share: float

    @property
    def id(self) -> int:
        return schema.identity(self.kind.route, self.kind.method, self.cache)

    @property
    def median(self) -> float:
        return 0.0004 if self.cache.endswith("hit") else self.kind.median


def lines(kind: Kind) -> list[Line]:
    if kind.hits is None:
        return [Line(kind, "", 1.0)]
    return [Line(kind, "redis hit", kind.hits), Line(kind, "miss", 1.0 - kind.hits)]


@dataclass
class Worker:
    number: int
    started: float
    release: str
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = f"web{self.number % 2 + 1}:{1000 + self.number}:{self.started:.0f}"

    @property
    def id(self) -> int:
        return schema.identity("worker", self.name)


class History:
    """What is to be written; `random` decides it, so that the same seed makes the same."""

    def __init__(
        self, routes: int, days: float, workers: int, *, releases: tuple[str, ...], seed: int, now: float
    ) -> None:
        self.random = Random(seed)
        self.kinds = kinds(routes, self.random)
        self.lines = [line for kind in self.kinds for line in lines(kind)]
        self.now, self.start, self.releases = now, now - days * 86400, releases
        self.workers = [Worker(number, now - 3 * 3600 - number, releases[-1]) for number in range(workers)]
        self.older = [
            Worker(number, self.start + number + era * (now - self.start) / len(releases), release)
            for era, release in enumerate(releases[:-1])
            for number in range(workers)
        ]

    def release(self, time: float) -> str:
        era = int((time - self.start) / (self.now - self.start) * len(self.releases))
        return self.releases[max(0, min(era, len(self.releases) - 1))]

    def buckets(self, resolution: int) -> range:
        kept = FINE if resolution == FINEST else KEPT[resolution]
        return range(floor(max(self.start, self.now - kept), resolution), floor(self.now, resolution) + 1, resolution)

    def writers(self, resolution: int, bucket: int) -> list[int]:
        if resolution == FINEST:
            return [worker.id for worker in self.workers[:2]]
        return [schema.identity("release", self.release(bucket))]

    def busyness(self, resolution: int, bucket: int) -> float:
        """The rate of that time of the day, as one of a few steps, times how much of the bucket is over."""
        middle = bucket + resolution / 2
        step = round((1 + 0.8 * sin(middle / 86400 * 2 * pi)) * STEPS) / STEPS
        # Half a day is of the mean rate.
        mean = 1.0 if resolution > 4 * 3600 else step
        return mean * min(1.0, (self.now - bucket) / resolution)


def histogram(line: Line, count: float, factor: float, random: Random) -> tuple[Histogram, int, float]:
    """Of about `count` requests; with their number and their seconds."""
    made = Histogram()
    if count < FEW:
        whole = int(count) + (random.random() < count % 1)
        made.add_all(line.median * factor * exp(random.gauss(0, line.kind.spread)) for _ in range(whole))
    else:
        quantiles = 64
        for number in range(quantiles):
            offset = probit((number + 0.5) / quantiles)
            made.add(line.median * factor * exp(offset * line.kind.spread), max(1, round(count / quantiles)))
    return made, made.count, sum(MIDDLES[min(index, MOST)] * n for index, n in made.counts.items())


def probit(share: float) -> float:
    """About the quantile of the normal distribution (logistic approximation)."""
    return log(share / (1 - share)) / 1.702


def sums(history: History, resolution: int) -> Iterator[tuple[Table, dict[str, Any]]]:
    buckets = history.buckets(resolution)
    for line in history.lines:
        known: dict[tuple[float, str], tuple[bytes, int, float, float]] = {}
        for bucket in buckets:
            writers = history.writers(resolution, bucket)
            busy, release = history.busyness(resolution, bucket), history.release(bucket)
            factor = line.kind.slower if release == history.releases[-1] else 1.0
            count = line.kind.rate * line.share * busy * resolution / len(writers)
            if (busy, release) not in known or count < FEW:
                made, number, seconds = histogram(line, count, factor, history.random)
                known[busy, release] = (made.dump(), number, seconds, made.quantile(1.0))
            for writer in writers:
                if known[busy, release][1]:
                    yield from rows(
                        line,
                        {"resolution": resolution, "bucket": bucket, "series": line.id, "worker": writer},
                        known[busy, release],
                    )


def rows(
    line: Line, key: dict[str, Any], made: tuple[bytes, int, float, float]
) -> Iterator[tuple[Table, dict[str, Any]]]:
    dump, count, seconds, longest = made
    yield schema.latencies, key | {"count": count, "seconds": seconds, "longest": longest, "histogram": dump}
    refused, errors = round(count * line.kind.refused), round(count * line.kind.errors)
    status = 201 if line.kind.method == "POST" else 200
    for code, number in ((status, count - refused - errors), (404, refused), (500, errors)):
        if number > 0:
            yield schema.requests, key | {"status": code, "count": number, "seconds": seconds * number / count}
    sampled = min(count, 1 + count // 20)
    yield schema.splits, key | split(line, sampled, seconds / count)
    if not line.cache.endswith("hit"):
        yield from executions(line, key, sampled, seconds / count)


def split(line: Line, samples: int, mean: float) -> dict[str, Any]:
    kind, hit, wall = line.kind, line.cache.endswith("hit"), mean * samples
    shares = (0.6, 0.0, 0.0) if hit else (kind.cpu, kind.sql, kind.outgoing)
    cpu, sql, outgoing = (wall * share for share in shares)
    return {
        "samples": samples,
        "wall": wall,
        "view": 0.0 if hit else wall * 0.9,
        "cpu": cpu,
        "sql": sql,
        "cache": wall * 0.3 if hit else wall * 0.02,
        "outgoing": outgoing,
        "waiting": wall - cpu,
        "statements": 0 if hit else samples * kind.statements,
        "size": samples * 1800,
        "sized": samples,
    }


def texts(kind: Kind) -> list[tuple[str, str, str, int]]:
    """(fingerprint, text, place, executions in a request) of its statements."""
    table = kind.route.strip("/").split("/")[1 if "/" in kind.route.strip("/") else 0]
    place = f"shop/repositories/{table}.py"
    found = [
        (
            f"{table}-{number}",
            f"SELECT {table}.id, {table}.name FROM {table} WHERE {table}.column_{number} = ?",
            f"{place}:{20 + number} find",
            1,
        )
        for number in range(kind.statements - kind.repeated)
    ]
    if kind.repeated:
        found.append(
            (
                f"{table}-each",
                f"SELECT tags.name FROM tags WHERE tags.{table}_id = ?",
                f"{place}:77 tags_of",
                kind.repeated,
            )
        )
    return found


def executions(line: Line, key: dict[str, Any], samples: int, mean: float) -> Iterator[tuple[Table, dict[str, Any]]]:
    for fingerprint, _, place, times in texts(line.kind):
        sql = mean * samples * line.kind.sql * times / max(1, line.kind.statements)
        numbers = {"requests": samples, "executions": samples * times, "most": times, "seconds": sql}
        yield schema.executions, key | {"statement": schema.identity(fingerprint, place)} | numbers


def names(history: History) -> Iterator[tuple[Table, dict[str, Any]]]:
    for line in history.lines:
        yield schema.series, {"id": line.id, "route": line.kind.route, "method": line.kind.method, "cache": line.cache}
    found = {(text[0], text[2]): text for kind in history.kinds for text in texts(kind)}
    for fingerprint, text, place, _ in found.values():
        row = {"id": schema.identity(fingerprint, place), "fingerprint": fingerprint, "text": text, "place": place}
        yield schema.statements, row
    length = (history.now - history.start) / len(history.releases)
    for worker in history.workers:
        yield schema.workers, about(worker, history.now)
    for worker in history.older:
        yield schema.workers, about(worker, worker.started + min(86400, length))
    for number, release in enumerate(history.releases):
        merged = Worker(0, history.start + number * length, release)
        row = about(merged, merged.started + length)
        yield schema.workers, row | {"id": row["merged"], "worker": "", "host": "", "pid": 0}


def about(worker: Worker, seen: float) -> dict[str, Any]:
    host, pid, _ = worker.name.split(":")
    return {
        "id": worker.id,
        "worker": worker.name,
        "release": worker.release,
        "merged": schema.identity("release", worker.release),
        "host": host,
        "pid": int(pid),
        "started": worker.started,
        "seen": seen,
        "threads": 8,
        "in_flight": 2,
        "queue": 0,
        "memory": 95_000_000 + worker.number * 1_000_000,
    }


def health(history: History, resolution: int) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Pulses and counters."""
    lateness = Histogram()
    lateness.add_all(0.0001 * exp(history.random.gauss(0, 1)) for _ in range(200))
    total = sum(kind.rate for kind in history.kinds)
    for bucket in history.buckets(resolution):
        key = {"resolution": resolution, "bucket": bucket}
        busy = history.busyness(resolution, bucket) * resolution
        for worker in history.workers:
            if bucket >= worker.started - resolution:
                yield schema.pulses, key | pulse(worker, busy / len(history.workers), total, resolution, lateness)
        for writer in history.writers(resolution, bucket)[:1]:
            for name, rate in (("invalidations", 1.2), ("stampedes avoided", 0.05), ("breaker opened", 0.0001)):
                yield schema.counters, key | {"name": name, "worker": writer, "count": round(rate * busy)}


def pulse(worker: Worker, busy: float, rate: float, resolution: int, lateness: Histogram) -> dict[str, Any]:
    return {
        "worker": worker.id,
        "elapsed": float(resolution),
        "busy": busy * rate * 0.01,
        "threads": 8,
        "in_flight": 3,
        "queue": 0,
        "memory": 95_000_000,
        "lateness": lateness.dump(),
        "requests": round(busy * rate),
        "dropped": 0,
        "own_cpu": 0.01 * resolution,
    }


def looked_at(history: History, count: int) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Samples of the last day, more of them of what is busy or slow."""
    for number in range(count):
        line = history.random.choice(history.lines[: 2 * len(NAMED)])
        time = history.now - history.random.random() ** 3 * min(86400, history.now - history.start) - 1
        sample = look(line, f"{number:032x}", time, history.random)
        yield schema.samples, sample_codec.row(line.id, history.random.choice(history.workers).id, sample)


def look(line: Line, name: str, time: float, random: Random) -> Sample:
    kind = line.kind
    failed, slow = random.random() < kind.errors * 5, random.random() < 0.3
    wall = line.median * exp(random.gauss(1.5 if slow else 0, kind.spread))
    request = Request(time, kind.route, kind.method, 500 if failed else 200, line.cache, wall)
    events = tuple(waterfall(line, wall))
    outer = f"main (wsgi.py:1);dispatch (flask/app.py:9);{kind.method.lower()} (shop/routes.py:41)"
    stack = "\n".join(f"{outer};query (shop/repositories/articles.py:{place}) {9 - place}" for place in range(1, 6))
    of_kind = {name: sum(event.seconds for event in events if event.kind == name) for name in ("sql", "cache", "http")}
    return Sample(
        name,
        "failed" if failed else "slow" if slow else "sample",
        request,
        wall * 0.9,
        wall * kind.cpu,
        of_kind["sql"],
        of_kind["cache"],
        of_kind["http"],
        1800,
        events,
        stack=stack if slow else "",
    )


def waterfall(line: Line, wall: float) -> Iterator[Event]:
    yield Event("cache", wall * 0.01, wall * 0.02, "GET", "hotroute")
    if line.cache.endswith("hit"):
        return
    began = wall * 0.05
    for fingerprint, text, place, times in texts(line.kind):
        for _ in range(times):
            length = wall * line.kind.sql / max(1, line.kind.statements)
            yield Event("sql", began, length, text, place, fingerprint)
            began += length * 1.1
    if line.kind.outgoing:
        yield Event("http", began, wall * line.kind.outgoing, "GET weather.example", "shop/weather.py:12 ask")


def fill(
    url: str,
    *,
    routes: int = 12,
    days: float = 2.0,
    workers: int = 4,
    releases: tuple[str, ...] = ("2026.1", "2026.2"),
    seed: int = 1,
    samples: int = 200,
    now: float | None = None,
) -> None:
    """Fill an empty storage; it is prepared here.

    Args:
        now: Unix seconds at which the history ends.
    """
    history = History(routes, days, workers, releases=releases, seed=seed, now=time.time() if now is None else now)
    storage = engine(url, pool_size=1, timeout=60)
    migrations.prepare(storage)
    try:
        with storage.begin() as connection:
            write(connection, names(history))
            for resolution in RESOLUTIONS:
                write(connection, sums(history, resolution))
                write(connection, health(history, resolution))
            write(connection, looked_at(history, samples))
            write(connection, said(history))
    finally:
        storage.dispose()


def said(history: History) -> Iterator[tuple[Table, dict[str, Any]]]:
    for name, value in (("memory", 31_000_000), ("entries", 4_210), ("evictions", 17)):
        yield schema.gauges, {"name": name, "value": value, "time": history.now}
    for resolution in RESOLUTIONS[1:]:
        yield schema.state, {"name": str(resolution), "holder": "", "time": history.now}


def write(connection: Connection, made: Iterator[tuple[Table, dict[str, Any]]]) -> None:
    waiting: dict[Table, list[dict[str, Any]]] = {}
    for table, row in made:
        rows = waiting.setdefault(table, [])
        rows.append(row)
        if len(rows) == CHUNK:
            put(connection, table, rows)
            rows.clear()
    for table, rows in waiting.items():
        if rows:
            put(connection, table, rows)


def put(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(insert(table), rows)
        return
    # A million rows: without SQLAlchemy in between it takes half the time.
    names = [column.name for column in table.columns]
    places = ", ".join("?" * len(names))
    parameters = list(map(itemgetter(*names), rows))
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({places})", parameters)


if __name__ == "__main__":
    url, *numbers = sys.argv[1:]
    fill(url, routes=int(numbers[0]) if numbers else 12, days=float(numbers[1]) if numbers[1:] else 2.0)
