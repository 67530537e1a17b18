"""The busiest moments of a span: what has to be served then decides how many processes and threads there must be."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hotroute.profiler.model.results import RouteSummary, TimeRange, WorkerSummary

if TYPE_CHECKING:
    from hotroute.profiler.queries.history import History

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


def find(history: "History", span: TimeRange) -> Peak:
    """Look closer and closer at the busiest step, until the storage has no finer ones."""
    ends = span.end
    for _ in range(CLOSER):
        found, routes = history.workers(span, steps=STEPS), history.routes(span, steps=STEPS)
        number = busiest(routes, len(found.times))
        start, length = found.times[number], found.step
        if (start, start + length) == (span.start, span.end):
            break
        span = TimeRange(start, start + length, span.release)
    # The last step may not be over.
    return describe(Step(number, start, max(1.0, min(length, ends - start))), routes, found.workers)


class Step(NamedTuple):
    """One of the steps in which a span was asked for: an end that is now is moved up, and makes two of one."""

    number: int
    start: float
    seconds: float

    def part(self, route: RouteSummary) -> float:
        """The share of the route's requests that were in it."""
        return route.sparkline[self.number] / route.requests if self.number < len(route.sparkline) else 0.0


def busiest(routes: Sequence[RouteSummary], count: int) -> int:
    """The step in which the most requests were in progress."""
    work = [0.0] * count
    for route in routes:
        for number, requests in enumerate(route.sparkline[:count]):
            work[number] += requests * mean(route)
    return work.index(max(work))


def mean(route: RouteSummary) -> float:
    return route.seconds / route.requests if route.requests else 0.0


def describe(step: Step, routes: Sequence[RouteSummary], workers: Sequence[WorkerSummary]) -> Peak:
    served = [worker for worker in workers if worker.requests] or list(workers)
    late = sorted(worker.late_p95 for worker in served)
    return Peak(
        start=step.start,
        seconds=step.seconds,
        rate=sum(step.part(route) * route.requests for route in routes) / step.seconds,
        concurrency=sum(step.part(route) * route.seconds for route in routes) / step.seconds,
        cores=sum(step.part(route) * cpu(route) for route in routes) / step.seconds,
        workers=len(served),
        lateness=late[len(late) // 2] if late else 0.0,
        queue=max((worker.most_queued for worker in served), default=0),
    )


def cpu(route: RouteSummary) -> float:
    """Seconds of CPU of all its requests, as far as the sampled ones speak for the others."""
    if route.split is None or route.split.wall <= 0:
        return 0.0
    return route.seconds * min(1.0, route.split.cpu / route.split.wall)
