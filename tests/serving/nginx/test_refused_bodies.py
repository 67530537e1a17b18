"""A refused upload is answered by its refusal, whatever its size and framing, and disturbs no other request."""

import os
import socket
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from http.client import HTTPConnection
from itertools import cycle, islice, product
from pathlib import Path
from selectors import DefaultSelector
from threading import Event, Thread

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.workers.gthread import TConn  # type: ignore[import-untyped]

from hotroute.serving.gunicorn.worker import Worker
from hotroute.serving.lingering import Lingering
from tests import servers
from tests.serving.nginx import http2

LIMIT = 1_048_576
"""Bytes of body that the proxy takes."""
COUNT = int(os.environ.get("PROVE_REFUSALS", "96"))
METHODS = ("POST", "PUT", "PATCH", "DELETE")
SIZES = (100, 50_000, 100_000, 400_000, LIMIT, LIMIT + 1)
CASES = tuple(product(METHODS, SIZES, (False, True)))


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of a Gunicorn whose /not-here is 404 without a look at the body, and whose /post reads it."""
    notes = tmp_path_factory.mktemp("app") / "notes"
    chosen = {"NOTES": str(notes), "GUNICORN_THREADS": "2"}
    with servers.gunicorn_server("tests.serving.app:app", chosen) as running:
        yield int(running.environ["APP_PORT"])


@pytest.fixture(scope="module")
def before_it(program: Path, refusing: int) -> Iterator[servers.Proxy]:
    with servers.nginx_server(refusing, {"NGINX_PROGRAM": str(program), "MAX_BODY_BYTES": str(LIMIT)}) as proxy:
        yield proxy


def refusals(connection: HTTPConnection, limit: int, count: int) -> Counter[tuple[int, int]]:
    """Return how often which status was expected, and seen, on one connection that is kept where it may be."""
    seen: Counter[tuple[int, int]] = Counter()
    for method, size, chunked in islice(cycle(CASES), count):
        body = (part for part in (b"z" * size,)) if chunked else b"z" * size
        connection.request(method, "/not-here", body, {"Content-Type": "text/plain"}, encode_chunked=chunked)
        response = connection.getresponse()
        response.read()
        seen[413 if size > limit else 404, response.status] += 1
    return seen


class Neighbour:
    """Another client, whose uploads are valid."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection, self.ended = connection, Event()
        self.seen: Counter[int] = Counter()
        self.thread = Thread(target=self.run)

    def run(self) -> None:
        with closing(self.connection):
            while not self.ended.is_set():
                self.connection.request("POST", "/post", b"x" * 1000)
                response = self.connection.getresponse()
                response.read()
                self.seen[response.status] += 1

    def __enter__(self) -> "Neighbour":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.thread.join()


def test_through_the_proxy(before_it: servers.Proxy) -> None:
    with Neighbour(before_it.connect()) as neighbour, closing(before_it.connect()) as connection:
        seen = refusals(connection, LIMIT, COUNT)
    assert {pair for pair in seen if pair[0] != pair[1]} == set(), seen
    assert set(neighbour.seen) == {200}


def test_over_http2(before_it: servers.Proxy) -> None:
    seen: Counter[tuple[int, int]] = Counter()
    with Neighbour(before_it.connect()) as neighbour:
        for method, size, _ in islice(cycle(CASES), COUNT // 2):
            answer = http2.ask(before_it, method.encode(), b"/not-here", body=b"z" * size)
            seen[413 if size > LIMIT else 404, answer.status] += 1
    assert {pair for pair in seen if pair[0] != pair[1]} == set(), seen
    assert set(neighbour.seen) == {200}


@pytest.mark.parametrize("program", ["wheel"], indirect=True)
@pytest.mark.usefixtures("program")
def test_directly(refusing: int) -> None:
    neighbour = Neighbour(HTTPConnection("127.0.0.1", refusing, timeout=30))
    with neighbour, closing(HTTPConnection("127.0.0.1", refusing, timeout=30)) as connection:
        seen = refusals(connection, LIMIT * 2, COUNT)
    assert {pair for pair in seen if pair[0] != pair[1]} == set(), seen
    assert set(neighbour.seen) == {200}


@pytest.mark.parametrize("path", [b"/not-here", b"/torn"])
def test_a_client_may_send_all_of_a_refused_body_after_its_answer(refusing: int, path: bytes) -> None:
    """No reset, which would discard an answer on its way, be it that the application fails after its header."""
    with socket.create_connection(("127.0.0.1", refusing), timeout=30) as client:
        client.sendall(b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % (path, 4 * LIMIT))
        assert client.recv(65_536).startswith(b"HTTP/1.1 ")
        for _ in range(64):
            client.sendall(b"z" * 65_536)
        client.shutdown(socket.SHUT_WR)
        while client.recv(65_536):
            pass


def test_the_main_loop_does_not_wait_for_a_slow_sender() -> None:
    """The worker gives the connection to its poller, and is free for others at once."""
    ours, theirs = socket.socketpair()
    with ours, theirs, DefaultSelector() as poller:
        worker = Worker(1, 1, [], None, 30, Config(), None)
        worker.tmp.close()
        worker.nr_conns, worker.lingering = 1, Lingering(poller, worker.gone)
        connection, refused = TConn(worker.cfg, ours, None, None), Future[bool]()
        refused.set_result(False)
        worker.finish_request(connection, refused)
        assert ours.fileno() in poller.get_map()
        assert theirs.recv(1) == b""
        theirs.close()
        for key, _ in poller.select():
            key.data(key.fileobj)
        assert ours.fileno() == -1
        assert worker.nr_conns == 0
