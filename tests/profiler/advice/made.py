"""Evidence as the history would give it, of workloads that never ran: only what a test is about differs."""

from dataclasses import replace
from typing import Any

from hotroute.profiler.advice import Advice, Serving
from hotroute.profiler.advice.advise import judge
from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.peak import Peak
from hotroute.profiler.model.results import (
    CacheHistory,
    Quantiles,
    RouteHistory,
    RouteSummary,
    Series,
    StatementSummary,
    TimeBreakdown,
    TimeRange,
    WorkersHistory,
    WorkerSummary,
)

SPAN = TimeRange(1_000_000.0, 1_003_600.0)
CALM = Peak(start=SPAN.start, seconds=12.0, rate=50.0, concurrency=0.5, cores=0.2, workers=2, lateness=0.0002, queue=0)
"""A punctual probe, and threads enough."""
BUSY = replace(CALM, concurrency=7.5)
"""Of eight threads."""
FIGHTING = replace(BUSY, cores=1.9, lateness=0.05)
"""Eight threads that compute, in two workers."""


def split(wall: float = 0.02, cpu: float = 0.01, samples: int = 500, **parts: float) -> TimeBreakdown:
    known = {"view": wall, "sql": 0.0, "cache": 0.0, "outgoing": 0.0, "statements": 0.0, "size": 1000.0, **parts}
    return TimeBreakdown(samples=samples, wall=wall, cpu=cpu, waiting=wall - cpu, **known)


def route(path: str = "/page", method: str = "GET", requests: int = 5000, **changes: Any) -> RouteSummary:
    """An ordinary one: nothing is to be said of it."""
    within = changes.pop("split", split())
    wall = within.wall if within else 0.02
    made = RouteSummary(
        route=path,
        method=method,
        requests=requests,
        errors=0,
        refused=0,
        seconds=requests * wall,
        latency=Quantiles(wall, 2 * wall, 3 * wall, 4 * wall, 5 * wall),
        cache={},
        sparkline=(requests,),
        split=within,
    )
    return replace(made, **changes)


def statement(executions: int, requests: int = 100, seconds: float = 0.001, most: int = 0) -> StatementSummary:
    """`seconds` of each execution, `executions` in each of the requests."""
    return StatementSummary(
        fingerprint="f00",
        text="SELECT name FROM users WHERE id = ?",
        place="shop/views.py:12 listing",
        requests=requests,
        executions=executions * requests,
        most=most or executions,
        seconds=seconds * executions * requests,
    )


def worker(number: int = 0, **changes: Any) -> WorkerSummary:
    made = WorkerSummary(
        worker=f"host:{number}",
        host="host",
        pid=100 + number,
        release="1",
        started=SPAN.start,
        seen=SPAN.end,
        alive=True,
        threads=4,
        busy=0.1,
        in_flight=0,
        queue=0,
        memory=80_000_000,
        late_p95=0.0002,
        requests=2500,
        dropped=0,
        own_cpu=0.005,
    )
    return replace(made, **changes)


def evidence(
    *routes: RouteSummary,
    peak: Peak = CALM,
    statements: tuple[StatementSummary, ...] = (),
    serving: Serving | None = None,
    workers: tuple[WorkerSummary, ...] = (worker(0), worker(1)),
    counters: dict[str, int] | None = None,
) -> Evidence:
    """The statements are the first route's."""
    nothing = Series(60, (), (), (), (), (), ())
    details = (RouteHistory(routes[0], nothing, (), {}, statements, ()),) if routes else ()
    return Evidence(
        span=SPAN,
        serving=serving or Serving(workers=2, threads=4, pool=5, cpus=2, memory=4_000_000_000),
        routes=routes,
        details=details,
        cache=CacheHistory(60, (), {}, counters or {}, {}, ()),
        workers=WorkersHistory(workers, 0, 60, (), ()),
        peak=peak,
    )


def advised(*routes: RouteSummary, **known: Any) -> list[Advice]:
    return judge(evidence(*routes, **known))


def kinds(advice: list[Advice]) -> list[str]:
    """Without what is said of Gunicorn's settings, which is always there where anything was measured."""
    return [each.kind for each in advice if each.kind != "gunicorn"]


def the(kind: str, advice: list[Advice]) -> Advice:
    (found,) = [each for each in advice if each.kind == kind]
    return found
