"""What the history answers: shapes that the dashboard, the advice and the exports are made of."""

from dataclasses import dataclass

from hotroute.profiler.model.records import Sample


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A stretch of time, and of which release (all of them where it is "").

    Attributes:
        start, end: Unix seconds, the end not included.
    """

    start: float
    end: float
    release: str = ""

    @property
    def seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Latencies in seconds, over all workers and hosts; 0.0 where there was no request."""

    p50: float
    p95: float
    p99: float
    p999: float
    longest: float
    shortest: float = 0.0


@dataclass(frozen=True, slots=True)
class TimeBreakdown:
    """Where the time of the sampled requests went: means in seconds per request.

    Attributes:
        samples: how many requests the means are of.
        statements: SQL statements per request, a mean.
    """

    samples: int
    wall: float
    view: float
    cpu: float
    sql: float
    cache: float
    outgoing: float
    waiting: float
    statements: float
    size: float


@dataclass(frozen=True, slots=True)
class RouteSummary:
    """One row of the list of routes.

    Attributes:
        requests, errors: counts; an error is a status of 500 or more.
        refused: count of statuses from 400 to 499.
        seconds: total wall time.
        cache: requests by outcome and level, as in `records.Request.cache`; without "".
        sparkline: requests in each of the span's steps.
        split: None where nothing was sampled.
    """

    route: str
    method: str
    requests: int
    errors: int
    refused: int
    seconds: float
    latency: Quantiles
    cache: dict[str, int]
    sparkline: tuple[int, ...]
    split: TimeBreakdown | None


@dataclass(frozen=True, slots=True)
class StatementSummary:
    """One statement of one route.

    Attributes:
        text: with its values taken out.
        place: in the application's code.
        requests: sampled ones that executed it.
        executions: in these.
        most: executions within one request, the most that was seen: five or more are suspected of being one (N+1).
        seconds: total.
    """

    fingerprint: str
    text: str
    place: str
    requests: int
    executions: int
    most: int
    seconds: float


@dataclass(frozen=True, slots=True)
class RouteStatement:
    """A statement, and whose it is."""

    route: str
    method: str
    statement: StatementSummary


@dataclass(frozen=True, slots=True)
class SampleHead:
    """A line of a list of samples."""

    id: str
    kind: str
    time: float
    route: str
    method: str
    status: int
    cache: str
    seconds: float
    cpu: float
    release: str
    worker: str
    has_stack: bool


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers over the span's steps: `times[i]` is when step i begins, in Unix seconds; all lists are as long."""

    step: int
    times: tuple[int, ...]
    requests: tuple[int, ...]
    errors: tuple[int, ...]
    p50: tuple[float, ...]
    p95: tuple[float, ...]
    p99: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class RouteHistory:
    """One route's page.

    Attributes:
        histogram: buckets (from, to, requests) of the latency, in seconds, empty ones between filled ones included.
        statuses: requests by status.
        slowest: samples of all kinds, the slowest first.
    """

    summary: RouteSummary
    series: Series
    histogram: tuple[tuple[float, float, int], ...]
    statuses: dict[int, int]
    statements: tuple[StatementSummary, ...]
    slowest: tuple[SampleHead, ...]


@dataclass(frozen=True, slots=True)
class StoredSample:
    """A sample as the storage gives it back."""

    sample: Sample
    release: str
    worker: str


@dataclass(frozen=True, slots=True)
class CacheHistory:
    """The cache's page.

    Attributes:
        outcomes: for each outcome and level, requests in each step.
        counters: "invalidations", "stampedes avoided", ..., over the span.
        gauges: the last known "memory" and "entries" and the like of the store, None where it does not tell.
        routes: those that asked a cache at all.
    """

    step: int
    times: tuple[int, ...]
    outcomes: dict[str, tuple[int, ...]]
    counters: dict[str, int]
    gauges: dict[str, float]
    routes: tuple[RouteSummary, ...]


@dataclass(frozen=True, slots=True)
class WorkerSummary:
    """One worker process.

    Attributes:
        started, seen: Unix seconds; `seen` is its last pulse.
        alive: seen within the last few seconds.
        busy: mean share of its threads that were within requests, 0 to 1.
        in_flight, queue, memory: of its last pulse.
        late_p95: seconds, of the sleeping probe.
        own_cpu: share of one core that the profiler's threads took, 0 to 1.
        most_queued: the most that `queue` was in the span.
    """

    worker: str
    host: str
    pid: int
    release: str
    started: float
    seen: float
    alive: bool
    threads: int
    busy: float
    in_flight: int
    queue: int | None
    memory: int
    late_p95: float
    requests: int
    dropped: int
    own_cpu: float
    most_queued: int = 0


@dataclass(frozen=True, slots=True)
class WorkersHistory:
    """The workers' page.

    Attributes:
        restarts: workers that began within the span.
        busy: threads within requests, over all workers, a mean for each step.
    """

    workers: tuple[WorkerSummary, ...]
    restarts: int
    step: int
    times: tuple[int, ...]
    busy: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A route in two spans; None where it had no request in one of them."""

    route: str
    method: str
    before: RouteSummary | None
    after: RouteSummary | None


@dataclass(frozen=True, slots=True)
class Release:
    """A release and when requests of it were seen."""

    name: str
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Total:
    """Requests since the storage began."""

    route: str
    method: str
    status: int
    cache: str
    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class DurationTotal:
    """How long they took, since the storage began.

    Attributes:
        buckets: cumulative (upper bound in seconds, requests).
    """

    route: str
    method: str
    cache: str
    requests: int
    seconds: float
    buckets: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """What a Prometheus server scrapes.

    Attributes:
        counters: "invalidations", "dropped", ...
    """

    requests: tuple[Total, ...]
    durations: tuple[DurationTotal, ...]
    counters: dict[str, int]
