"""A storage with what a worker would have recorded, written by the worker's own way."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from hotroute.profiler.model.records import Batch, Heartbeat, Request, Sample
from hotroute.profiler.queries.history import History
from hotroute.profiler.storage.writer import Storage
from tests.profiler.batches import batch_of

PULSE = Heartbeat(
    time=0.0,
    threads=4,
    busy=0.1,
    in_flight=0,
    queue=0,
    memory=80_000_000,
    lateness=(0.0002,) * 100,
    requests=0,
    dropped=0,
    own_cpu=0.001,
)


def request(at: float, route: str = "/page", seconds: float = 0.02, method: str = "GET") -> Request:
    return Request(at, route, method, 200, "", seconds)


def sample(of: Request, cpu: float) -> Sample:
    return Sample(f"{of.time}", "sample", of, of.seconds, cpu, 0.0, 0.0, 0.0, 1000)


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'profiler.db'}"


def record(folder: Path, requests: list[Request], cpu: float = 0.01, release: str = "1") -> None:
    """Minute after minute; each of the requests is looked at closely, and there is a pulse for each second."""
    storage = Storage(url(folder), release=release, worker=f"host:{release}", host="host", pid=1)
    # This worker has been there for as long as its requests.
    storage.row["started"] = min(each.time for each in requests)
    storage.prepare()
    for minute, within in groupby(sorted(requests, key=lambda each: each.time), lambda each: each.time // 60):
        storage.write(batch(list(within), cpu), now=(minute + 1) * 60)
    storage.close()


def batch(requests: list[Request], cpu: float) -> Batch:
    seconds = Counter(int(each.time) for each in requests)
    pulses = [pulse(float(at), count) for at, count in seconds.items()]
    return batch_of(requests, [sample(each, cpu) for each in requests], pulses)


def pulse(at: float, requests: int) -> Heartbeat:
    """With many requests a second the probe is late, and connections wait."""
    calm = replace(PULSE, time=at, requests=requests)
    return replace(calm, lateness=(0.02,) * 100, queue=3) if requests > 20 else calm


@contextmanager
def history(folder: Path) -> Iterator[History]:
    opened = History(url(folder))
    try:
        yield opened
    finally:
        opened.close()
