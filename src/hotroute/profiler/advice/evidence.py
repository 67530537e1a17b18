"""Everything that the rules look at, asked of the history once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hotroute.profiler.advice import peak
from hotroute.profiler.advice.peak import Peak, cpu
from hotroute.profiler.advice.server import Serving
from hotroute.profiler.model.results import (
    CacheHistory,
    RouteHistory,
    RouteSummary,
    TimeRange,
    WorkersHistory,
    WorkerSummary,
)

if TYPE_CHECKING:
    from hotroute.profiler.queries.history import History

SAMPLES = 30
"""Requests of a route that must have been looked at closely before its means are worth an opinion."""
REQUESTS = 200
"""Requests of a route before its counts are; of the application before there is any advice on Gunicorn's settings."""
SHARE = 0.05
"""Of all request time: a route below it is not worth an opinion on where its time goes."""
LATE = 0.005
"""Seconds. A probe later than this in one of twenty wakings competes with computing threads for the interpreter:
a thread that waits for it asks for it after 5 ms (sys.setswitchinterval)."""
COMPUTING = 0.05
"""CPUs that a worker's requests use: below, they cannot be what a probe waited for in one of twenty wakings."""
BURNING = 0.5
"""CPUs that a worker's requests use: from here on one request after the other is enough to make a probe late."""
HOLDING = 0.0025
"""Seconds of CPU in a request, from which it keeps the interpreter from others: half of what they wait at most."""
BUSY = 0.6
"""Of the threads, at the busiest: above, requests begin to wait for one."""
TOGETHER = 30.0
"""Seconds between the last signs of workers that ended together."""
DETAILS = 20
"""Routes that are looked at statement by statement, those with the most time."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was measured, and how it was served."""

    span: TimeRange
    serving: Serving
    routes: tuple[RouteSummary, ...]
    details: tuple[RouteHistory, ...]
    cache: CacheHistory
    workers: WorkersHistory
    peak: Peak

    @property
    def requests(self) -> int:
        return sum(route.requests for route in self.routes)

    @property
    def seconds(self) -> float:
        return sum(route.seconds for route in self.routes)

    @property
    def current(self) -> tuple[WorkerSummary, ...]:
        """The workers that are alive; where none is, those that were to the last."""
        known = self.workers.workers
        last = max((worker.seen for worker in known), default=0.0) - TOGETHER
        return tuple(worker for worker in known if worker.alive) or tuple(w for w in known if w.seen >= last)

    @property
    def threads(self) -> int:
        """Of one worker, as the workers tell; as the settings say where there is none."""
        return max((worker.threads for worker in self.current), default=0) or self.serving.threads

    @property
    def hosts(self) -> int:
        return len({worker.host for worker in self.current}) or 1

    @property
    def running(self) -> int:
        """Workers on one host."""
        return max(1, round(len(self.current) / self.hosts)) if self.current else self.serving.workers

    @property
    def served(self) -> int:
        """Workers on all hosts, at the busiest."""
        return self.peak.workers or self.running * self.hosts

    @property
    def busy(self) -> float:
        """The share of all threads that were within a request at the busiest, 0 to 1."""
        return self.peak.concurrency / (self.served * self.threads)

    @property
    def scarce(self) -> bool:
        """Whether requests wait for a thread, or soon would."""
        return self.busy >= BUSY or self.peak.queue > 0

    @property
    def late(self) -> bool:
        return self.peak.lateness > LATE

    @property
    def computing(self) -> bool:
        """Threads fight for the interpreter. CPU share alone misleads: of four that compute, each has a quarter."""
        return self.late and self.competing and self.holding >= 0.5

    @property
    def competing(self) -> bool:
        """Whether requests can be what a probe waited for: several at once in a worker, or one that uses its CPU up.

        Where they are neither, other processes of the machine are.
        """
        cores = self.peak.cores / self.served
        return cores >= BURNING or (cores >= COMPUTING and self.peak.concurrency > self.served)

    @property
    def is_crowded(self) -> bool:
        """Return whether something else takes the CPU: then requests wait for that too, and threads look scarce."""
        return self.peak.lateness >= 2 * LATE and not self.computing and self.requests > 0

    @property
    def holding(self) -> float:
        """The share of all CPU, 0 to 1, that requests of routes used which hold the interpreter."""
        used = [(cpu(route), holds(route)) for route in self.routes]
        whole = sum(seconds for seconds, _ in used)
        return sum(seconds for seconds, long in used if long) / whole if whole else 0.0

    def observed(self, route: RouteSummary) -> float:
        """Return for how many seconds of the span, at most, the route was asked for."""
        steps = len(route.sparkline)
        return self.span.seconds * sum(map(bool, route.sparkline)) / steps if steps else 0.0

    def share(self, route: RouteSummary) -> float:
        """Of all request time."""
        return route.seconds / self.seconds if self.seconds else 0.0

    def sampled(self) -> Iterator[RouteSummary]:
        """Routes of which enough is known to say where their time goes, and which take enough of it."""
        for route in self.routes:
            if route.split and route.split.samples >= SAMPLES and self.share(route) >= SHARE:
                yield route


def holds(route: RouteSummary) -> bool:
    return route.split is not None and route.split.cpu >= HOLDING


def gather(history: "History", span: TimeRange, serving: Serving) -> Evidence:
    routes = tuple(history.routes(span))
    ranked = sorted(routes, key=lambda route: -route.seconds)[:DETAILS]
    details = [history.route(span, route.route, route.method) for route in ranked if route.split]
    return Evidence(
        span, serving, routes, tuple(details), history.cache(span), history.workers(span), peak.find(history, span)
    )
