"""Requests, samples and pulses for tests of the storage."""

from collections.abc import Iterable, Sequence

from hotroute.profiler.model.records import Batch, Event, Heartbeat, Request, Sample
from hotroute.profiler.model.results import TimeRange
from hotroute.profiler.queries.history import History
from hotroute.profiler.storage.writer import Storage
from tests.profiler.batches import batch_of

START = 1_800_000_000.0
"""When the history of these tests begins, in Unix seconds."""

ALWAYS = TimeRange(START - 60, START + 400 * 86400)


def request(
    seconds: float = 0.01, *, at: float = START, route: str = "/a", status: int = 200, cache: str = ""
) -> Request:
    """That ends at `at`."""
    return Request(at - seconds, route, "GET", status, cache, seconds)


def requests(durations: Iterable[float], *, at: float = START, route: str = "/a") -> list[Request]:
    return [request(each, at=at, route=route) for each in durations]


def sample(
    seconds: float = 0.1,
    *,
    name: str = "one",
    kind: str = "sample",
    chosen: bool = True,
    at: float = START,
    route: str = "/a",
    cache: str = "",
    statements: Sequence[str] = (),
    stack: str = "",
) -> Sample:
    events = tuple(Event("sql", 0.0, 0.001, f"SELECT {each}", "shop.py:7 find", each) for each in statements)
    return Sample(
        name,
        kind,
        request(seconds, at=at, route=route, cache=cache),
        view=seconds * 0.9,
        cpu=seconds * 0.25,
        sql=0.001 * len(events),
        cache_seconds=0.0,
        outgoing=0.0,
        size=1000,
        events=events,
        stack=stack,
        chosen=chosen,
    )


def pulse(
    at: float = START,
    *,
    busy: float = 1.0,
    lateness: tuple[float, ...] = (0.0001,),
    dropped: int = 0,
    queue: int | None = None,
) -> Heartbeat:
    return Heartbeat(at, 4, busy, 2, queue, 90_000_000, lateness, 10, dropped, 0.01)


def batch(*requests: Request) -> Batch:
    return batch_of(requests)


def keep(storage: Storage, now: float) -> None:
    """Until the round is over."""
    while not storage.keep(now, budget=60):
        pass


def counted(history: History, span: TimeRange = ALWAYS) -> dict[str, int]:
    """Requests by route."""
    counts: dict[str, int] = {}
    for each in history.routes(span):
        counts[each.route] = counts.get(each.route, 0) + each.requests
    return counts


def ever(history: History) -> int:
    return sum(each.requests for each in history.totals().requests)
