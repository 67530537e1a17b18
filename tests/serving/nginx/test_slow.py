"""Slow clients are Nginx's to wait for: neither a worker of the application nor a fast client does.

PROVE_SLOW_CLIENTS is their number.
"""

import os
import resource
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median

import pytest

from tests.servers import Proxy, gunicorn_server, nginx_server
from tests.serving.conftest import APP
from tests.serving.nginx.test_errors import changed

CLIENTS = int(os.environ.get("PROVE_SLOW_CLIENTS", "1200"))
PROBES = 40
FACTOR = 10
"""How much slower the median of the fast requests may get; without the shield they are not answered at all."""

pytestmark = pytest.mark.timeout(120 + CLIENTS // 4)

HEADERS = b"GET /pid HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
BODY = b"POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + b"x" * 10_000
READ = b"GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n"
SILENT = b""
KINDS = {"headers": HEADERS, "body": BODY, "read": READ, "silent": SILENT}


@pytest.fixture(scope="module")
def narrow(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Nginx in front of an application that does one thing at a time."""
    notes = tmp_path_factory.mktemp("slow") / "notes"
    one = {"GUNICORN_WORKERS": "1", "GUNICORN_THREADS": "1", "NOTES": str(notes)}
    with (
        gunicorn_server(APP, one) as app,
        nginx_server(int(app.environ["APP_PORT"]), {"NGINX_PROGRAM": str(program)}) as proxy,
    ):
        yield proxy


@contextmanager
def slow_clients(proxy: Proxy, start: bytes, count: int) -> Iterator[list[ssl.SSLSocket]]:
    """So many that have begun and do not go on; a small window keeps an answer from being taken by the kernel."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * CLIENTS + 500)), hard))
    with ExitStack() as stack:
        clients = []
        for _ in range(count):
            plain = stack.enter_context(socket.socket())
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plain.settimeout(30)
            plain.connect(("127.0.0.1", proxy.https_port))
            client = stack.enter_context(proxy.trust.wrap_socket(plain, server_hostname="localhost"))
            client.sendall(start)
            clients.append(client)
        yield clients


def probe(proxy: Proxy) -> float:
    """The median of some requests, all of which are answered, in seconds."""
    took = []
    for _ in range(PROBES):
        began = time.perf_counter()
        response, _ = proxy.get("/pid")
        took.append(time.perf_counter() - began)
        assert response.status == 200
    return median(took)


def is_waited_for(client: ssl.SSLSocket) -> bool:
    """Whether the server has neither answered nor hung up."""
    client.setblocking(False)
    try:
        return client.recv(1) != b""
    except ssl.SSLWantReadError:
        return True


@pytest.mark.parametrize("kind", ["headers", "body"])
def test_an_upload_that_stalls_keeps_no_thread_of_the_application(narrow: Proxy, kind: str) -> None:
    with slow_clients(narrow, KINDS[kind], 8) as clients:
        response, _ = narrow.get("/pid")
        assert response.status == 200
        assert all(is_waited_for(client) for client in clients)


def test_a_client_that_does_not_read_keeps_none_either(narrow: Proxy) -> None:
    """The answers are more than a kernel holds: they are in Nginx's temporary files, and the thread is free."""
    size = 20_000_000
    with slow_clients(narrow, READ.replace(b"/big", b"/big?bytes=%d" % size), 4) as clients:
        response, _ = narrow.get("/pid")
        assert response.status == 200
        for client in clients:
            received = 0
            while received < size:
                received += len(client.recv(65536))


@pytest.mark.matrix
def test_a_thousand_slow_clients_do_not_slow_a_fast_one_down(narrow: Proxy) -> None:
    before = probe(narrow)
    with ExitStack() as stack:
        clients = [
            client
            for start in KINDS.values()
            for client in stack.enter_context(slow_clients(narrow, start, CLIENTS // len(KINDS)))
        ]
        assert len(clients) >= CLIENTS - len(KINDS)
        during = probe(narrow)
    assert during < FACTOR * before


def test_who_takes_too_long_is_hung_up_on(program: Path, app_port: int, tmp_path: Path) -> None:
    patience = {name: f"{name} 1s" for name in ("client_header_timeout", "client_body_timeout")}
    templates = changed(tmp_path, {f"{name} 10s": shorter for name, shorter in patience.items()})
    chosen = {"NGINX_PROGRAM": str(program), "NGINX_TEMPLATES": str(templates)}
    with nginx_server(app_port, chosen) as proxy:
        for start in (BODY, HEADERS):
            with slow_clients(proxy, start, 1) as [client], suppress(ConnectionError):
                assert client.recv(65536) == b""
