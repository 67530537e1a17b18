"""How long the history takes to answer, printed: `python -m tests.profiler.speed [URL [ROUTES [DAYS]]]`.

Without a URL a SQLite file is filled, asked and deleted. CPU times say more than wall times on a machine that has
other things to do.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from hotroute.profiler.model.records import Batch, Event, Heartbeat, Request, Sample
from hotroute.profiler.model.resolutions import DAY, HOUR, MINUTE
from hotroute.profiler.model.results import TimeRange
from hotroute.profiler.queries import export
from hotroute.profiler.queries.history import History
from hotroute.profiler.storage.writer import Storage
from tests.profiler import synthetic
from tests.profiler.batches import batch_of

SPANS = {"10 min": 10 * MINUTE, "1 h": HOUR, "6 h": 6 * HOUR, "1 d": DAY, "7 d": 7 * DAY, "30 d": 30 * DAY}
TIMES = 5


def timed(name: str, ask: Callable[[], object]) -> None:
    """The best of a few times, in milliseconds."""
    walls, busy = [], []
    for _ in range(TIMES):
        wall, cpu = time.perf_counter(), time.thread_time()
        ask()
        walls.append(time.perf_counter() - wall)
        busy.append(time.thread_time() - cpu)
    print(f"{name:34} {min(busy) * 1000:8.1f} ms CPU {min(walls) * 1000:8.1f} ms", flush=True)


def reads(url: str, now: float) -> None:
    history = History(url, clock=lambda: now)
    for name, seconds in SPANS.items():
        span = TimeRange(now - seconds, now)
        timed(f"routes, {name}", lambda span=span: history.routes(span))  # type: ignore[misc]
        timed(f"one route, {name}", lambda span=span: history.route(span, "/api/articles/feed", "GET"))  # type: ignore[misc]
        timed(f"cache, {name}", lambda span=span: history.cache(span))  # type: ignore[misc]
        timed(f"workers, {name}", lambda span=span: history.workers(span))  # type: ignore[misc]
    timed(
        "compare two weeks",
        lambda: history.compare(TimeRange(now - 14 * DAY, now - 7 * DAY), TimeRange(now - 7 * DAY, now)),
    )
    timed("metrics", lambda: export.metrics(history))
    history.close()


def batch(random: Random, now: float, count: int, routes: int) -> Batch:
    """A second of a busy worker: its requests, 25 of them looked at closely."""
    asked = [
        Request(
            now - random.random(),
            f"/api/things/{min(int(random.expovariate(0.05)), routes - 1)}",
            "GET",
            random.choice((200, 200, 200, 404)),
            random.choice(("", "", "miss", "redis hit")),
            random.expovariate(50),
        )
        for _ in range(count)
    ]
    events = tuple(Event("sql", 0.001 * n, 0.001, f"SELECT {n}", "shop.py:7 find", f"{n}") for n in range(4))
    looks = [
        Sample(f"{now}-{n}", "sample", each, 0.01, 0.005, 0.004, 0.0, 0.0, 1000, events)
        for n, each in enumerate(asked[:25])
    ]
    return batch_of(asked, looks, [Heartbeat(now, 8, 1.0, 2, 0, 90_000_000, (0.0001,) * 100, count, 0, 0.01)])


def writes(url: str, now: float) -> None:
    """What a second of a worker costs, at some rates; then a round of the keeper."""
    storage = Storage(url, release="r", worker="web:1:1", host="web", pid=1)
    storage.prepare()
    random = Random(1)
    for count in (10, 100, 1000):
        with measured(f"10 writes of {count} requests"):
            for second in range(10):
                storage.write(batch(random, now + second, count, 200), now + second)
    with measured("a round of the keeper"):
        while not storage.keep(now + 100, budget=60):
            pass
    storage.write(batch(random, now + 101, 1000, 200), now + 101)
    with measured("the next round"):
        while not storage.keep(now + 200, budget=60):
            pass
    storage.close()


@contextmanager
def measured(name: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.thread_time()
    yield
    print(f"{name:34} {(time.thread_time() - cpu) * 1000:8.1f} ms CPU {(time.perf_counter() - wall) * 1000:8.1f} ms")


def main(url: str, routes: int = 200, days: float = 30.0) -> None:
    now = time.time()
    print(f"{routes} routes, {days:.0f} days")
    with measured("filling it"):
        synthetic.fill(url, routes=routes, days=days, now=now)
    reads(url, now)
    writes(url, now)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        url, *numbers = sys.argv[1:] or [f"sqlite:///{Path(folder) / 'speed.db'}"]
        main(url, *map(int, numbers))
