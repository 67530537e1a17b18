"""The busiest moments of a span: what has to be served then decides how many processes and threads there must be."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotroute.profiler.summaries import RouteSummary, Span, WorkerSummary

if TYPE_CHECKING:
    from hotroute.profiler.history import History

FINEST = 15.0
"""Seconds: shorter moments than that say nothing, for the storage's buckets are of ten."""
STEPS = 60


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
    """Look closer and closer at the busiest step."""
    while span.seconds > FINEST:
        steps = min(STEPS, math.ceil(span.seconds / FINEST))
        width = span.seconds / steps
        number = busiest(history.routes(span, steps=steps), steps)
        span = Span(span.start + number * width, span.start + (number + 1) * width, span.release)
    return describe(span, history.routes(span, steps=1), history.workers(span).workers)


def busiest(routes: Sequence[RouteSummary], steps: int) -> int:
    """The step in which the most requests were in progress."""
    work = [0.0] * steps
    for route in routes:
        for number, requests in enumerate(route.sparkline[:steps]):
            work[number] += requests * mean(route)
    return work.index(max(work))


def mean(route: RouteSummary) -> float:
    return route.seconds / route.requests if route.requests else 0.0


def describe(span: Span, routes: Sequence[RouteSummary], workers: Sequence[WorkerSummary]) -> Peak:
    served = [worker for worker in workers if worker.requests] or list(workers)
    late = sorted(worker.late_p95 for worker in served)
    return Peak(
        start=span.start,
        seconds=span.seconds,
        rate=sum(route.requests for route in routes) / span.seconds,
        concurrency=sum(route.seconds for route in routes) / span.seconds,
        cores=sum(cpu(route) for route in routes) / span.seconds,
        workers=len(served),
        lateness=late[len(late) // 2] if late else 0.0,
        queue=max((worker.queue or 0 for worker in served), default=0),
    )


def cpu(route: RouteSummary) -> float:
    """Seconds of CPU of all its requests, as far as the sampled ones speak for the others."""
    if route.split is None or route.split.wall <= 0:
        return 0.0
    return route.seconds * min(1.0, route.split.cpu / route.split.wall)
