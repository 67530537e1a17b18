"""A Gunicorn that stops answers who is inside, and refuses who comes late, so that a proxy asks the next server."""

import os
import signal
import socket
from contextlib import closing, suppress
from http.client import HTTPConnection

import pytest

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
