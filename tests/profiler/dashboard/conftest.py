"""Storages with a history in them, made by the profiler's own means."""

import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hotroute.profiler.model.records import Batch, Event, Heartbeat, Request, Sample
from hotroute.profiler.storage import migrations
from hotroute.profiler.storage.engine import engine
from hotroute.profiler.storage.writer import Storage
from tests.profiler import synthetic
from tests.profiler.batches import batch_of
from tests.profiler.dashboard.served import create

HOSTILE = "\"><script>ran = 1</script><img src=x onerror=ran=1>'{{ 7 * 7 }}&amp;"
HOSTILE_ID = "0123'\"><script>ran = 1"
STACK = f"main (a.py:1);{HOSTILE} 3\nmain (a.py:1);inner (b.py:2);innermost (c.py:3) 6\nmain (a.py:1) 1"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A storage with twelve routes and two days of two releases; its URL."""
    return filled(tmp_path_factory.mktemp("small"), routes=12, days=2.0, workers=4)


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A storage with two hundred routes and thirty days."""
    return filled(tmp_path_factory.mktemp("large"), routes=200, days=30.0, workers=1)


def filled(folder: Path, *, routes: int, days: float, workers: int) -> str:
    url = f"sqlite:///{folder / 'profiler.db'}"
    synthetic.fill(url, routes=routes, days=days, workers=workers)
    return url


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('empty') / 'profiler.db'}"
    migrations.prepare(engine(url, pool_size=1, timeout=60))
    return url


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A storage in which every name is an attempt to be more than a name."""
    url = f"sqlite:///{tmp_path_factory.mktemp('hostile') / 'profiler.db'}"
    storage = Storage(url, release=HOSTILE, worker=HOSTILE, host=HOSTILE, pid=1)
    storage.prepare()
    storage.write(attempts())
    storage.close()
    return url


def attempts() -> Batch:
    now = time.time() - 20
    request = Request(now, f"/{HOSTILE}", HOSTILE, 500, HOSTILE, 1.5)
    repeated = [Event("sql", n / 10, 0.05, f"SELECT {HOSTILE}", HOSTILE, HOSTILE) for n in range(6)]
    events = (*repeated, Event(HOSTILE, 0.7, 0.1, HOSTILE, HOSTILE))
    sample = Sample(HOSTILE_ID, "slow", request, 1.0, 0.5, 0.3, 0.1, 0.1, 10, events, stack=STACK)
    pulse = Heartbeat(now, 4, 0.5, 1, None, 1_000_000, (0.001,), 1, 0, 0.0)
    return batch_of([request] * 50, [sample], [pulse], {HOSTILE: 3}, {HOSTILE: 4.0})


@pytest.fixture(scope="session")
def client(small: str) -> FlaskClient:
    return create(small).test_client()
