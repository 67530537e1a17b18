"""What a worker remembers of its requests on the way to the storage: no body, no credential, no value of a query."""

from dataclasses import dataclass, field

NO_ROUTE = "(no route)"
"""The route of every request that no rule of the application matched: a stranger's paths must not fill the storage."""

OTHER_ROUTES = "(other routes)"
"""Where a worker's bucket is full, the routes that came too late for a row of their own."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        time: when it began, in Unix seconds.
        route: the rule, such as "/api/articles/<slug>", or `NO_ROUTE`.
        method: of RFC 9110, or "OTHER".
        status: three digits.
        cache: the outcome and, of a hit, the level that answered: "" where no cache was asked, "redis hit",
            "memory hit", "miss", "collapsed" (it waited for another request's answer) or "bypass".
        seconds: from the first byte of the WSGI call to the end of the answer's iteration.
    """

    time: float
    route: str
    method: str
    status: int
    cache: str
    seconds: float


@dataclass(slots=True)
class RequestGroup:
    """Requests that differ in nothing but when they were and how long they took.

    Attributes:
        time: in Unix seconds, the beginning of the bucket in which they ended: while they ran, nobody knew of them.
        route, method, status, cache: as a `Request`'s.
        seconds: of each.
    """

    time: float
    route: str
    method: str
    status: int
    cache: str
    seconds: list[float]


@dataclass(frozen=True, slots=True)
class Event:
    """One bar of a request's waterfall.

    Attributes:
        kind: "sql", "cache" or "http".
        began: seconds after the request's beginning.
        seconds: how long it took.
        text: the statement with its values taken out, the cache's operation, or method and host of an outgoing call.
        place: the line of the application's code that asked for it, such as "conduit/repositories/articles.py:41 find".
        fingerprint: of a statement, equal for equal statements; else "".
    """

    kind: str
    began: float
    seconds: float
    text: str
    place: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One request that was looked at closely.

    Attributes:
        id: the request's, as in the log's lines.
        kind: "slow" or "failed" where it was one, whether chosen or not; else "sample".
        chosen: whether it was by chance, under the budget, before anyone knew how it would end: averages are made of
            these only, of whatever kind. Of the others not every event has its place in the code.
        view: seconds within the view function.
        cpu: seconds of CPU time of the request's thread: of all of the request if it was chosen, of others from the
            view on, and 0.0 where they did not come to one.
        sql, cache_seconds, outgoing: seconds, the sums of the events of these kinds.
        size: bytes of the answer's body, None where it was streamed.
        events: in the order in which they began; at most `MOST_EVENTS`, `left_out` tells how many more there were.
        stack: folded stacks ("outer;inner;innermost COUNT", one to a line) of a slow request, or "".
    """

    id: str
    kind: str
    request: Request
    view: float
    cpu: float
    sql: float
    cache_seconds: float
    outgoing: float
    size: int | None
    events: tuple[Event, ...] = ()
    left_out: int = 0
    stack: str = ""
    chosen: bool = True

    @property
    def waiting(self) -> float:
        """Seconds in which the thread had no CPU: for the database, Redis, another service or the interpreter."""
        return max(0.0, self.request.seconds - self.cpu)


MOST_EVENTS = 200


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """How a worker is, since its last pulse.

    Attributes:
        time: Unix seconds.
        threads: that serve requests.
        busy: thread-seconds spent within requests.
        in_flight: requests at this moment.
        queue: connections that wait to be accepted, None where the system does not tell.
        memory: bytes resident.
        lateness: how late a sleeping probe woke, in seconds, each time it woke.
        requests: counted.
        dropped: requests, samples and events that did not fit, and were not kept.
        own_cpu: seconds of CPU time of the profiler's own threads.
    """

    time: float
    threads: int
    busy: float
    in_flight: int
    queue: int | None
    memory: int
    lateness: tuple[float, ...]
    requests: int
    dropped: int
    own_cpu: float


@dataclass(slots=True)
class Batch:
    """What a worker hands to the storage at once.

    Attributes:
        requests: all of them.
        counters: added up over the batch, by name: "invalidations", "breaker opened", "stampedes avoided", ...
        gauges: as they are now, by name, of what all workers share: "memory", "entries", "evictions" of the store.
    """

    requests: list[RequestGroup] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    pulses: list[Heartbeat] = field(default_factory=list)
    counters: dict[str, int] = field(default_factory=dict)
    gauges: dict[str, float] = field(default_factory=dict)

    @property
    def counted(self) -> int:
        return sum(len(alike.seconds) for alike in self.requests)
