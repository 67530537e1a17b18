"""`hotroute health`: what images and orchestrators ask."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import UnixStreamServer

import pytest

from hotroute.serving.stack.health_check import check_health, find_address, reachable
from tests.servers import PROGRAMS, free_port


@contextmanager
def answering(status: int, path: Path | None = None) -> Iterator[str]:
    """Serve that status, on a TCP port or a socket file."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = self.path == "/healthz" and self.headers["Host"] in {"localhost", "www.example.org"}
            self.send_response(status if is_known else 599)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def address_string(self) -> str:
            return ""

        def log_request(self, *args: object) -> None:
            pass

    listener: HTTPServer | UnixStreamServer = (
        UnixStreamServer(str(path), Handler) if path else HTTPServer(("127.0.0.1", 0), Handler)
    )
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    try:
        yield f"unix:{path}" if path else f"127.0.0.1:{listener.socket.getsockname()[1]}"
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()


def test_an_application_that_answers_is_healthy(tmp_path: Path) -> None:
    with answering(200) as tcp, answering(200, tmp_path / "app.sock") as unix:
        assert check_health({"GUNICORN_BIND": tcp}, "app") == ""
        assert check_health({"GUNICORN_BIND": unix}, "app") == ""


@pytest.mark.parametrize(
    ("part", "status", "healthy"), [("app", 301, False), ("app", 503, False), ("nginx", 301, True)]
)
def test_what_counts_as_alive(part: str, status: int, healthy: bool) -> None:
    with answering(status) as where:
        reason = check_health(
            {
                "GUNICORN_BIND": where,
                "HTTP_PORT": where.split(":")[1],
                "HTTP_ADDRESS": "0.0.0.0",
                "SERVER_NAMES": "*.example.org",
            },
            part,
        )
    assert (reason == "") is healthy
    assert healthy or f"answers {status}" in reason


def test_nobody_there_is_said_by_the_command() -> None:
    where = f"127.0.0.1:{free_port()}"
    command = [str(PROGRAMS / "hotroute"), "health"]
    environ = {**os.environ, "GUNICORN_BIND": where}
    found = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr.startswith(f"hotroute: app does not answer on {where}")


def test_a_server_that_listens_everywhere_is_asked_on_the_loopback_address() -> None:
    assert reachable("0.0.0.0:8000") == "127.0.0.1:8000"
    assert reachable("[::]:8000") == "[::1]:8000"
    assert reachable("unix:/run/app.sock") == "unix:/run/app.sock"
    assert find_address({"JOBS_STREAM_BIND": "0.0.0.0:8001"}, "stream") == "0.0.0.0:8001"
