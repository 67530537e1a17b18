"""Real processes that write to one storage at the same time, start together, and are killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from math import ceil
from pathlib import Path

import pytest
from sqlalchemy.exc import SQLAlchemyError

from hotroute.profiler.model.records import Batch
from hotroute.profiler.model.results import TimeRange
from hotroute.profiler.queries.history import History
from hotroute.profiler.storage.writer import Storage
from tests import databases
from tests.profiler.batches import single
from tests.profiler.storage import START, ever
from tests.profiler.storage.writer import EACH, batches
from tests.servers import ROOT, wait_until

pytestmark = pytest.mark.matrix

Process = subprocess.Popen[str]
BATCHES = 30
SPAN = TimeRange(START - 60, START + 240)


@contextmanager
def process(url: str, name: str, count: int, seed: int) -> Iterator[Process]:
    command = [sys.executable, "-m", "tests.profiler.storage.writer", url, name, str(count), str(seed)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def finish(running: Process) -> None:
    _, errors = running.communicate(timeout=100)
    assert running.returncode == 0, errors


def exact(values: list[float], share: float) -> float:
    return sorted(values)[ceil(share * len(values)) - 1]


def test_workers_of_several_hosts_that_start_together_lose_nothing_and_their_quantiles_are_right(
    url: str, history: History
) -> None:
    names = ["web1:1:1", "web1:2:1", "web2:1:1", "web2:2:1"]
    with (
        process(url, names[0], BATCHES, 0) as first,
        process(url, names[1], BATCHES, 1) as second,
        process(url, names[2], BATCHES, 2) as third,
        process(url, names[3], BATCHES, 3) as fourth,
    ):
        for each in (first, second, third, fourth):
            finish(each)
    asked = [each for seed in range(4) for batch in islice(batches(seed), BATCHES) for each in single(batch)]
    assert ever(history) == len(asked) == 4 * BATCHES * EACH
    assert history.totals().counters == {"invalidations": 4 * BATCHES}
    for route in history.routes(SPAN):
        seconds = [each.seconds for each in asked if each.route == route.route]
        assert route.requests == len(seconds)
        assert route.seconds == pytest.approx(sum(seconds))
        assert route.latency.longest == max(seconds)
        for share, found in zip((0.5, 0.95, 0.99, 0.999), vars_of(route.latency), strict=True):
            assert found == pytest.approx(exact(seconds, share), rel=0.02)
    assert sorted(each.worker for each in history.workers(SPAN).workers) == names


def vars_of(latency: object) -> tuple[float, ...]:
    return tuple(getattr(latency, name) for name in ("p50", "p95", "p99", "p999"))


def test_a_postgresql_that_is_killed_and_comes_back_has_everything_once(tmp_path: Path) -> None:
    made = batches(7)
    with databases.durable_postgresql() as server:
        storage = Storage(server.url, release="r1", worker="web1:1:1", host="web1", pid=1)
        storage.prepare()
        storage.write(next(made), START)
        server.kill()
        waiting = next(made)
        for _ in range(2):
            with pytest.raises(SQLAlchemyError):
                storage.write(waiting, START + 1)
        server.start()
        wait_until(lambda: written(storage, waiting), "it takes the batch again")
        storage.write(next(made), START + 2)
        storage.close()
        history = History(server.url, clock=lambda: START + 60)
        assert ever(history) == 3 * EACH
        history.close()


def written(storage: Storage, batch: Batch) -> bool:
    try:
        storage.write(batch, START + 1)
    except SQLAlchemyError:
        return False
    return True


def test_a_worker_that_is_killed_while_it_writes_leaves_whole_batches(url: str, history: History) -> None:
    history.clock = lambda: START + 200
    with process(url, "web1:1:1", 100_000, 5) as running:
        assert running.stdout
        for line in running.stdout:
            if int(line) == 25:
                break
        os.kill(running.pid, signal.SIGKILL)
        # By the same reader: `communicate` passes over the lines that it has buffered.
        said = running.stdout.read()
        running.wait()
    written = max([25, *map(int, said.split())])
    counts = ever(history)
    assert counts in {written * EACH, (written + 1) * EACH}
    with process(url, "web1:2:2", 3, 6) as successor:
        finish(successor)
    assert ever(history) == counts + 3 * EACH
