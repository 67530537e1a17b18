"""Workers share who comes; one that stops answers who is inside, and refuses who comes late: a proxy asks the next."""

import os
import signal
import socket
from contextlib import ExitStack, closing, suppress
from http.client import HTTPConnection
from time import monotonic, sleep

import psutil
import pytest

from hotroute.serving.worker import REST
from tests.servers import gunicorn_server, wait_until
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
        assert threads < number <= threads * (2 + (monotonic() - began) / REST)
        late.resume()
        wait_until(lambda: taken(late) > threads, "it has some when it comes")
