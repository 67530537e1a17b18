"""Under Gunicorn every answered request is counted once, through restarts and ends of every kind."""

import os
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest
from sqlalchemy.exc import OperationalError

from hotroute.profiler.model.results import TimeRange, WorkerSummary
from hotroute.profiler.queries.history import History
from tests.servers import Server, end, gunicorn_server, wait_until

APP = "tests.profiler.worker.served:app"
REQUESTS = 600
CLIENTS = 8


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "profiler.db"


@contextmanager
def serving(file: Path, workers: int = 2, threads: int = 4, **environ: str) -> Iterator[Server]:
    chosen = {
        "STORAGE": f"sqlite:///{file}",
        "GUNICORN_WORKERS": str(workers),
        "GUNICORN_THREADS": str(threads),
        **environ,
    }
    with gunicorn_server(APP, chosen) as server:
        yield server


def get(server: Server, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", int(server.environ["APP_PORT"]), timeout=60)
    try:
        connection.request("GET", path, headers={"Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def load(server: Server, path: str = "/", requests: int = REQUESTS) -> Counter[str]:
    """Ask as often as said, several at a time; who answered how often. Every answer is a 200."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = list(clients.map(lambda _: get(server, path), range(requests)))
    assert {status for status, _ in answers} == {200}
    return Counter(pid for _, pid in answers)


@contextmanager
def told(place: Path | str) -> Iterator[tuple[History, TimeRange]]:
    """What all workers have told, and of when; the place is a SQLite file or a URL."""
    history, now = History(place if isinstance(place, str) else f"sqlite:///{place}"), time.time()
    try:
        yield history, TimeRange(now - 3600, now + 60)
    finally:
        history.close()


def counted(place: Path | str) -> dict[str, int]:
    """Requests by route."""
    with told(place) as (history, span), suppress(OperationalError):
        return {f"{route.method} {route.route}": route.requests for route in history.routes(span, steps=1)}
    # The first worker is about to make the tables.
    return {}


def alive(file: Path) -> list[WorkerSummary]:
    with told(file) as (history, span), suppress(OperationalError):
        return [worker for worker in history.workers(span).workers if worker.alive]
    return []


def children(server: Server) -> set[int]:
    return {child.pid for child in psutil.Process(server.pid).children()}


@pytest.mark.parametrize(("workers", "threads", "preload"), [(2, 4, "true"), (4, 2, "false")])
def test_after_a_graceful_end_every_request_is_counted(file: Path, workers: int, threads: int, preload: str) -> None:
    with serving(file, workers, threads, GUNICORN_PRELOAD_APP=preload) as server:
        load(server)
        for _ in range(5):
            get(server, "/fails")
            get(server, "/nowhere")
        end(server.process)
        assert "storage fails" not in server.output()
    assert counted(file) == {"GET /": REQUESTS, "GET /fails": 5, "GET (no route)": 5}


def test_workers_count_together_in_postgresql(postgresql_url: str, tmp_path: Path) -> None:
    with serving(tmp_path / "unused", STORAGE=postgresql_url) as server:
        load(server)
        os.kill(server.pid, signal.SIGHUP)
        load(server, requests=100)
        end(server.process)
        assert "storage fails" not in server.output()
    assert counted(postgresql_url) == {"GET /": REQUESTS + 100}


def test_hits_that_never_enter_flask_are_counted_with_their_outcome(file: Path) -> None:
    with serving(file, workers=1) as server:
        for _ in range(20):
            assert get(server, "/hot") == (200, "warm")
        end(server.process)
    with told(file) as (history, span):
        [route] = history.routes(span, steps=1)
    assert (route.route, route.requests) == ("/hot", 20)
    assert route.cache == {"memory hit": 19, "miss": 1}


def test_a_reload_under_load_loses_no_count(file: Path) -> None:
    with serving(file) as server:
        before = children(server)
        with ThreadPoolExecutor(1) as other:
            asked = other.submit(load, server)
            for _ in range(2):
                time.sleep(0.3)
                os.kill(server.pid, signal.SIGHUP)
            answered = asked.result()
        wait_until(lambda: not before & children(server), "the workers are replaced")
        answered += load(server, requests=50)
        end(server.process)
        assert len(answered) > 2, "requests met workers of more than one generation"
    assert counted(file) == {"GET /": REQUESTS + 50}


def test_workers_that_are_replaced_after_some_requests_lose_none(file: Path) -> None:
    with serving(file, GUNICORN_MAX_REQUESTS="50", GUNICORN_MAX_REQUESTS_JITTER="20") as server:
        answered = load(server)
        end(server.process)
        assert len(answered) > 2, "workers of more than one generation have answered"
    assert counted(file) == {"GET /": REQUESTS}


def test_a_killed_worker_loses_what_it_had_not_told_and_no_more(file: Path) -> None:
    with serving(file, workers=1) as server:
        load(server, requests=200)
        wait_until(lambda: counted(file).get("GET /") == 200, "everything is told")
        [worker] = children(server)
        load(server, requests=20)
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: children(server) != {worker}, "the worker is replaced")
        load(server, requests=30)
        end(server.process)
    assert 230 <= counted(file)["GET /"] <= 250


@pytest.mark.matrix
def test_while_the_storage_is_locked_nothing_waits_and_nothing_is_lost(file: Path) -> None:
    with serving(file) as server:
        load(server, requests=20)
        wait_until(lambda: counted(file).get("GET /") == 20, "everything is told")
        with sqlite3.connect(file, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            load(server)
            # A write waits five seconds for the lock; requests do not.
            wait_until(lambda: "storage fails" in server.output(), "the outage is told")
            load(server)
            other.execute("ROLLBACK")
        other.close()
        wait_until(lambda: counted(file).get("GET /") == 20 + 2 * REQUESTS, "everything is told")
        wait_until(lambda: "works again" in server.output(), "its end is told")
        assert server.output().count("storage fails") <= 2, "once by each worker"
        end(server.process)
    assert counted(file) == {"GET /": 20 + 2 * REQUESTS}


@pytest.mark.matrix
def test_a_storage_that_cannot_be_written_at_all_stops_neither_requests_nor_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "missing"
    with serving(folder / "profiler.db") as server:
        load(server, requests=100)
        wait_until(lambda: "storage fails" in server.output(), "the outage is told")
        end(server.process)
        assert server.process.returncode == 0
    assert not folder.exists()


def test_a_slow_request_is_kept_with_its_stacks(file: Path) -> None:
    with serving(file, workers=1, SLOW="0.05") as server:
        get(server, "/sleep/500")
        end(server.process)
    with told(file) as (history, span):
        [head] = history.samples(span, kind="slow")
        kept = history.sample(head.id)
    assert kept is not None
    assert kept.sample.request.route == "/sleep/<int:milliseconds>"
    assert "served.py sleep" in kept.sample.stack
    assert kept.sample.cpu < 0.4 < kept.sample.view


@pytest.mark.parametrize("preload", ["true", "false"])
def test_workers_tell_how_they_are_before_anyone_asks_them(file: Path, preload: str) -> None:
    with serving(file, workers=3, threads=3, GUNICORN_PRELOAD_APP=preload) as server:
        wait_until(lambda: len(children(server)) == 3, "all workers are there")
        wait_until(lambda: {worker.pid for worker in alive(file)} == children(server), "all workers tell")
        assert {worker.threads for worker in alive(file)} == {3}
        assert None not in {worker.queue for worker in alive(file)}
        end(server.process)
