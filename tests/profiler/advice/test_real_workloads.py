"""Workloads that run under Gunicorn, are recorded, and get the advice that they are known to need."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import pytest

from hotroute.profiler.advice import Advice, Serving
from hotroute.profiler.advice.advise import judge
from hotroute.profiler.advice.evidence import Evidence, gather
from hotroute.profiler.model.resolutions import FINEST
from hotroute.profiler.model.results import TimeRange
from tests.profiler.advice.made import kinds, the
from tests.profiler.advice.recorded import history, url
from tests.servers import Server, gunicorn_server

pytestmark = pytest.mark.matrix

APP = "tests.profiler.advice.workloads:app"
CPUS = 4
"""That the advice is told of, whatever the machine has."""


class Client:
    """One kept-alive connection."""

    def __init__(self, port: int) -> None:
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, path: str, method: str = "GET") -> None:
        self.connection.request(method, path)
        response = self.connection.getresponse()
        response.read()
        assert response.status < 300, response.status

    def close(self) -> None:
        self.connection.close()


def recorded(folder: Path, load: Callable[[int], None], workers: int = 1) -> list[Advice]:
    """The advice on what the server recorded of the load, once it has ended and written everything."""
    return judge(evidence(folder, load, workers))


def evidence(folder: Path, load: Callable[[int], None], workers: int) -> Evidence:
    began = time.time()
    serve(folder, load, workers)
    with history(folder) as found:
        span = TimeRange(began - FINEST, time.time() + FINEST)
        return gather(found, span, Serving(workers=workers, threads=4, cpus=CPUS))


def serve(folder: Path, load: Callable[[int], None], workers: int) -> None:
    environ = {"PROFILER_URL": url(folder), "GUNICORN_WORKERS": str(workers), "GUNICORN_THREADS": "4"}
    with gunicorn_server(APP, environ, "/ready") as server:
        load(int(server.environ["APP_PORT"]))
        stop(server)


def stop(server: Server) -> None:
    server.process.terminate()
    server.process.wait(timeout=60)


def times(number: int, *calls: tuple[str, str]) -> Callable[[int], None]:
    """The calls, one after the other, so many times."""

    def load(port: int) -> None:
        with closing(Client(port)) as client:
            for _ in range(number):
                for method, path in calls:
                    client.call(path, method)

    return load


def throughout(path: str, clients: int) -> Callable[[int], None]:
    """Until one of the storage's buckets was full from its beginning to its end, however slow the machine is."""

    def load(port: int) -> None:
        until = (time.time() // FINEST + 2) * FINEST + 1

        def sit(_number: int) -> None:
            with closing(Client(port)) as client:
                while time.time() < until:
                    client.call(path)

        with ThreadPoolExecutor(clients) as pool:
            list(pool.map(sit, range(clients)))

    return load


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> list[Advice]:
    found = evidence(tmp_path_factory.mktemp("waiting"), throughout("/waits", 16), workers=2)
    # What else the machine does is not this server's: there the probe is punctual.
    return judge(replace(found, peak=replace(found.peak, lateness=0.0002)))


@pytest.fixture(scope="module")
def computing(tmp_path_factory: pytest.TempPathFactory) -> list[Advice]:
    return recorded(tmp_path_factory.mktemp("computing"), throughout("/computes", 8))


def test_a_server_that_waits_is_advised_to_have_more_threads(waiting: list[Advice]) -> None:
    found = the("waits", waiting)
    assert (found.route, found.severity) == ("/waits", "medium")
    assert "Raise GUNICORN_THREADS" in found.do
    settings = the("gunicorn", waiting).numbers
    # How many exactly, the evidence's own tests say: a machine that is busy with others serves fewer requests.
    assert settings["workers"] == 2
    assert 4 < int(settings["threads"]) <= 16


def test_a_server_that_waits_is_not_told_to_compute_less(waiting: list[Advice]) -> None:
    assert "computes" not in kinds(waiting)


def test_a_server_that_computes_is_advised_to_have_more_workers(computing: list[Advice]) -> None:
    found = the("computes", computing)
    assert found.route == "/computes"
    assert "GUNICORN_WORKERS" in found.do
    assert the("gunicorn", computing).numbers["workers"] == CPUS


def test_a_server_that_computes_is_not_told_to_have_more_threads(computing: list[Advice]) -> None:
    """Four threads that compute have a quarter of the interpreter each, and look as if they waited."""
    assert "waits" not in kinds(computing)
    assert the("gunicorn", computing).numbers["threads"] == 4


def test_a_statement_for_each_row_is_found_with_its_place(tmp_path: Path) -> None:
    advice = recorded(tmp_path, times(60, ("GET", "/each"), ("GET", "/together")))
    found = the("repeats", advice)
    assert found.route == "/each"
    assert "these 20 statements are one query" in found.title
    assert "workloads.py" in str(found.numbers["place"])
    assert "each" in str(found.numbers["place"])


def test_a_route_that_is_read_and_never_written_is_to_be_marked(tmp_path: Path) -> None:
    advice = recorded(tmp_path, times(300, ("GET", "/catalogue")))
    found = the("hot", advice)
    assert found.route == "/catalogue"
    assert found.numbers["reads"] == 300


def test_a_hot_route_that_a_short_load_invalidates_before_every_read_is_to_be_judged_later(tmp_path: Path) -> None:
    advice = recorded(tmp_path, times(250, ("POST", "/stock"), ("GET", "/stock")))
    found = the("misses", advice)
    assert found.route == "/stock"
    assert "Leave it marked" in found.do
    assert found.numbers["hits"] == 0
    assert "hot" not in kinds(advice)


def test_a_hot_route_that_is_read_again_and_again_stays_marked(tmp_path: Path) -> None:
    advice = recorded(tmp_path, times(300, ("GET", "/stock")))
    assert not {"unmark", "misses", "bypassed", "hot"} & set(kinds(advice))
