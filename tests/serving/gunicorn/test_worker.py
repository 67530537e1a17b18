"""Workers share who comes; one that stops answers who is inside, and refuses who comes late: a proxy asks the next."""

import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest
import trustme

from hotroute.serving.gunicorn.worker import ACCEPT_PAUSE
from tests.servers import PROGRAMS, Server, free_port, gunicorn_server, wait_until
from tests.servers import server as started
from tests.serving.conftest import APP

SLOW = 6
"""Seconds that the request takes which keeps the worker from ending."""


def refuses(port: int) -> bool:
    with closing(socket.socket()) as late:
        return late.connect_ex(("127.0.0.1", port)) != 0


def is_readable(connection: HTTPConnection) -> bool:
    connection.sock.setblocking(False)
    with suppress(BlockingIOError):
        return bool(connection.sock.recv(1, socket.MSG_PEEK)) or True
    return False


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.matrix("workers")
def test_the_door_is_closed_while_the_last_request_is_still_answered(workers: str) -> None:
    with gunicorn_server(APP, {"GUNICORN_WORKERS": workers}) as server:
        port = int(server.environ["APP_PORT"])
        inside = HTTPConnection("127.0.0.1", port, timeout=30)
        inside.request("GET", f"/sleep?s={SLOW}")
        probe = HTTPConnection("127.0.0.1", port, timeout=30)
        probe.request("GET", "/pid")
        assert probe.getresponse().read()
        os.kill(server.pid, signal.SIGTERM)
        wait_until(lambda: refuses(port), "late ones are refused")
        assert not is_readable(inside)
        inside.sock.settimeout(30)
        assert inside.getresponse().status == 200
        inside.close()
        probe.close()


def taken(worker: psutil.Process) -> int:
    return sum(each.status == psutil.CONN_ESTABLISHED for each in worker.net_connections("tcp"))


def test_who_has_more_connections_than_threads_leaves_the_next_to_others() -> None:
    """A process that had all of a proxy's would serve them with its one interpreter; here the other is late."""
    threads = 2
    environ = {"GUNICORN_WORKERS": "2", "GUNICORN_THREADS": str(threads)}
    with gunicorn_server(APP, environ) as server, ExitStack() as stack:
        workers = psutil.Process(server.pid).children
        wait_until(lambda: len(workers()) == 2, "two workers")
        late, other = workers()
        stack.callback(late.resume)
        late.suspend()
        began = monotonic()
        for _ in range(400):
            address = ("127.0.0.1", int(server.environ["APP_PORT"]))
            stack.enter_context(closing(socket.create_connection(address, timeout=30)))
        sleep(0.05)
        number = taken(other)
        assert threads < number <= threads * (2 + (monotonic() - began) / ACCEPT_PAUSE)
        late.resume()
        wait_until(lambda: taken(late) > threads, "it has some when it comes")


@pytest.fixture
def one() -> dict[str, str]:
    """One thread in one worker."""
    return {"GUNICORN_WORKERS": "1", "GUNICORN_THREADS": "1"}


def ask(connection: socket.socket, path: str) -> None:
    connection.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path.encode())


def test_requests_that_come_at_once_on_one_connection_are_all_answered(one: dict[str, str]) -> None:
    with gunicorn_server(APP, one) as server, connected(server) as client:
        for number in range(5):
            ask(client, f"/{number}")
        told = b""
        while told.count(b"HTTP/1.1 200") < 5:
            more = client.recv(65536)
            assert more
            told += more
        asked = [int(part[:1]) for part in told.split(b'"path": "/')[1:]]
        assert asked == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("asks", [True, False])
@pytest.mark.matrix("asks")
def test_a_connection_on_which_nothing_comes_is_closed(one: dict[str, str], asks: bool) -> None:
    with gunicorn_server(APP, {**one, "GUNICORN_KEEPALIVE": "1"}) as server, connected(server) as client:
        if asks:
            ask(client, "/pid")
        while client.recv(65536):
            pass


def test_connections_on_which_nothing_comes_keep_no_thread(one: dict[str, str]) -> None:
    with gunicorn_server(APP, one) as server, ExitStack() as stack:
        silent = [stack.enter_context(connected(server)) for _ in range(5)]
        for client in (*silent, stack.enter_context(connected(server))):
            ask(client, "/pid")
            assert client.recv(15) == b"HTTP/1.1 200 OK"


def test_a_request_that_waits_for_a_thread_is_answered_however_long_that_takes(one: dict[str, str]) -> None:
    """Be it longer than connections are kept on which nothing comes."""
    with gunicorn_server(APP, {**one, "GUNICORN_KEEPALIVE": "1"}) as server, behind_another(server) as clients:
        assert [answer(client) for client in clients] == [b"200"] * 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.matrix("number")
def test_requests_that_wait_for_a_thread_are_answered_while_the_worker_stops(one: dict[str, str], number: int) -> None:
    with gunicorn_server(APP, one) as server, behind_another(server) as clients:
        os.kill(server.pid, number)
        assert [answer(client) for client in clients] == [b"200"] * 3


@contextmanager
def behind_another(server: Server) -> Iterator[list[socket.socket]]:
    """Who has the thread, for longer than a stopping worker keeps idle connections, and who waits for it: on a
    connection that was kept, and on a new one.
    """
    with ExitStack() as stack:
        busy, kept, new = (stack.enter_context(connected(server)) for _ in range(3))
        ask(kept, "/pid")
        answer(kept)
        ask(busy, "/sleep?s=5")
        sleep(0.2)
        for client in (kept, new):
            ask(client, "/pid")
        sleep(0.2)
        yield [busy, kept, new]


def test_a_request_may_take_longer_than_a_worker_that_is_replaced_waits(one: dict[str, str]) -> None:
    with gunicorn_server(APP, {**one, "GUNICORN_GRACEFUL_TIMEOUT": "1"}) as server, connected(server) as client:
        ask(client, "/sleep?s=4")
        sleep(0.2)
        os.kill(server.pid, signal.SIGHUP)
        assert answer(client) == b"200"


def test_who_connects_may_take_a_moment_even_if_no_connection_is_kept(one: dict[str, str]) -> None:
    with gunicorn_server(APP, {**one, "GUNICORN_KEEPALIVE": "0"}) as server, connected(server) as client:
        sleep(2.5)
        ask(client, "/pid")
        assert answer(client) == b"200"


def test_a_mistake_in_the_first_content_is_an_error_that_the_client_sees(one: dict[str, str]) -> None:
    with gunicorn_server(APP, one) as server, connected(server) as client:
        ask(client, "/text")
        assert answer(client) == b"500"


def test_broken_handshakes_take_no_thread_away(one: dict[str, str], tmp_path: Path) -> None:
    authority, place = trustme.CA(), ("127.0.0.1", free_port())
    authority.issue_cert(place[0]).private_key_and_cert_chain_pem.write_to_path(tmp_path / "pem")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    environ = {**one, "APP_PORT": str(place[1]), "GUNICORN_CMD_ARGS": f"--certfile {tmp_path / 'pem'}"}
    with gunicorn(APP, environ) as server:
        server.wait_for(lambda: not refuses(place[1]), "it listens")
        for _ in range(3):
            with socket.create_connection(place, timeout=30) as client:
                client.sendall(b"no handshake at all\r\n\r\n")
                while client.recv(65536):
                    pass
        for _ in range(3):
            with trust.wrap_socket(socket.create_connection(place, timeout=30), server_hostname=place[0]) as secure:
                ask(secure, "/pid")
                assert answer(secure) == b"200"


def gunicorn(app: str, environ: dict[str, str]) -> AbstractContextManager[Server]:
    """That answers no plain HTTP."""
    return started([PROGRAMS / "gunicorn", app], environ)


def answer(client: socket.socket) -> bytes:
    """The status; what follows is left alone."""
    head = client.recv(65536)
    return head.split(b" ", 2)[1] if head else b"nothing"


def connected(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(server.environ["APP_PORT"])), timeout=30)


def test_importing_the_worker_leaves_another_gunicorn_as_it_is() -> None:
    code = (
        "from gunicorn.http import wsgi; own = wsgi.Response; "
        "import hotroute.serving.gunicorn.worker; assert wsgi.Response is own"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
