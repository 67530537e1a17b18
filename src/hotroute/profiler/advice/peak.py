"""The busiest moments of a span: what has to be served then decides how many processes and threads there must be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotroute.profiler.summaries import RouteSummary, Span, WorkerSummary

if TYPE_CHECKING:
    from hotroute.profiler.history import History

STEPS = 60
CLOSER = 5
"""Times to look closer: from years to ten seconds it takes four."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The busiest moments, over all hosts.

    Attributes:
        start, seconds: when, and how long.
        rate: requests per second.
        concurrency: requests in progress, a mean: arrivals times time (Little's law).
        cores: CPUs that requests used, a mean; 0.0 where nothing was sampled.
        workers: that served then.
        lateness: p95 in seconds of how late a sleeping probe woke, in the worker in the middle.
        queue: connections that waited to be accepted, the most that a worker told.
    """

    start: float
    seconds: float
    rate: float
    concurrency: float
    cores: float
    workers: int
    lateness: float
    queue: int


def find(history: "History", span: Span) -> Peak:
    """Look closer and closer at the busiest step, until the storage has no finer ones."""
    ends = span.end
    for _ in range(CLOSER):
        times, step = steps(history, span)
        if len(times) < 2:
            break
        at = times[busiest(history.routes(span, steps=STEPS), len(times))]
        span = Span(at, at + step, span.release)
    found = history.workers(span, steps=1)
    length = max(1.0, min(found.step * len(found.times), ends - found.times[0]))
    return describe(found.times[0], length, history.routes(span, steps=1), found.workers)


def steps(history: "History", span: Span) -> tuple[tuple[int, ...], int]:
    """When the span's steps begin, and how long each is."""
    found = history.workers(span, steps=STEPS)
    return found.times, found.step


def busiest(routes: Sequence[RouteSummary], count: int) -> int:
    """The step in which the most requests were in progress."""
    work = [0.0] * count
    for route in routes:
        for number, requests in enumerate(route.sparkline[:count]):
            work[number] += requests * mean(route)
    return work.index(max(work))


def mean(route: RouteSummary) -> float:
    return route.seconds / route.requests if route.requests else 0.0


def describe(start: float, seconds: float, routes: Sequence[RouteSummary], workers: Sequence[WorkerSummary]) -> Peak:
    served = [worker for worker in workers if worker.requests] or list(workers)
    late = sorted(worker.late_p95 for worker in served)
    return Peak(
        start=start,
        seconds=seconds,
        rate=sum(route.requests for route in routes) / seconds,
        concurrency=sum(route.seconds for route in routes) / seconds,
        cores=sum(cpu(route) for route in routes) / seconds,
        workers=len(served),
        lateness=late[len(late) // 2] if late else 0.0,
        queue=max((worker.queue or 0 for worker in served), default=0),
    )


def cpu(route: RouteSummary) -> float:
    """Seconds of CPU of all its requests, as far as the sampled ones speak for the others."""
    if route.split is None or route.split.wall <= 0:
        return 0.0
    return route.seconds * min(1.0, route.split.cpu / route.split.wall)
