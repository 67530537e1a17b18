"""One JSON line for each request, with what one needs to find it again and nothing that is not ours to keep."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers import PROGRAMS, ROOT, Proxy, nginx_server, wait_until
from tests.serving.nginx.sockets import raw, request


@pytest.fixture(scope="module")
def logged(program: Path, app_port: int) -> Iterator[Proxy]:
    limits = {"LOGIN_RATE": "1r/m", "LOGIN_BURST": "1"}
    with nginx_server(app_port, {"NGINX_PROGRAM": str(program), **limits}) as proxy:
        yield proxy


def line_of(proxy: Proxy, request_id: str) -> dict[str, Any]:
    file = Path(proxy.server.environ["DATA_DIR"]) / "nginx" / "access.log"
    wait_until(lambda: request_id in file.read_text(), "the line is written")
    lines: list[dict[str, Any]] = [json.loads(line) for line in file.read_text().splitlines()]
    [found] = [line for line in lines if line["request_id"] == request_id]
    return found


def test_an_answer_of_the_application(logged: Proxy) -> None:
    response, body = logged.get("/cached?token=secret", {"User-Agent": 'a "quoted" \\ agent'})
    line = line_of(logged, response.headers["X-Request-Id"])
    assert line["method"] == "GET"
    assert line["path"] == "/cached"
    assert (line["status"], line["bytes"]) == (200, len(body))
    assert line["upstream"].startswith("127.0.0.1:")
    assert line["upstream_status"] == "200"
    # Nginx takes the two from clocks that it reads at different moments: neither need be the smaller.
    assert 0 <= float(line["upstream_seconds"]) < 60
    assert 0 <= line["seconds"] < 60
    assert line["cache"] == "Hotroute; hit"
    assert line["client"] in {"127.0.0.1", "::1"}
    assert line["host"] == "localhost"
    assert line["tls"] == "TLSv1.3"
    assert line["agent"] == 'a "quoted" \\ agent'
    assert "secret" not in json.dumps(line)


def test_an_error_of_nginx_is_logged_as_what_was_asked(logged: Proxy) -> None:
    for _ in range(2):
        logged.request("POST", "/api/users/login", b"password")
    response, _ = logged.request("POST", "/api/users/login?x=1", b"password")
    line = line_of(logged, response.headers["X-Request-Id"])
    assert (line["method"], line["path"], line["status"]) == ("POST", "/api/users/login", 429)
    assert line["limit"] == "REJECTED"
    assert line["upstream"] == ""


def test_the_application_is_told_the_same_id(logged: Proxy) -> None:
    response, body = logged.get("/headers")
    assert json.loads(body)["HTTP_X_REQUEST_ID"] == response.headers["X-Request-Id"]


HOSTILE = {
    "agent": request(b"GET /pid HTTP/1.1", b"User-Agent: mine \xff\xfe"),
    "path": request(b"GET /pid\xff?x HTTP/1.1"),
    "host": request(b"GET /pid HTTP/1.1", host=b"evil\xff.example"),
    "half a character": request(b"GET /pid\xc3 HTTP/1.1", b"User-Agent: \xe2\x82"),
    "control characters": request(b"GET /pid HTTP/1.1", b'User-Agent: a\tb\x7f"\\'),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_whatever_a_client_writes_a_line_is_json(logged: Proxy, kind: str) -> None:
    response, _ = raw(logged, HOSTILE[kind])
    line = line_of(logged, response.headers["X-Request-Id"])
    assert line["path"] == "/pid"
    assert line["agent"] in {"mine ", "", 'a\tb\x7f"\\'}


def test_an_upload_that_goes_through_a_file_is_no_line_in_the_error_log(logged: Proxy) -> None:
    assert logged.request("POST", "/post?token=secret", b"x" * 500_000)[0].status == 200
    logged.get("/pid")
    assert "secret" not in logged.server.output()


def test_where_standard_output_is_a_socket_the_log_cannot_go_there_and_that_is_said(tmp_path: Path) -> None:
    """As under systemd's journal."""
    chosen = {"APP_ENV": "development", "DATA_DIR": str(tmp_path), "NGINX_ACCESS_LOG": "stdout"}
    ours, theirs = socket.socketpair()
    with ours, theirs:
        command = (PROGRAMS / "hotroute", "nginx")
        done = subprocess.run(
            command, env={**os.environ, **chosen}, cwd=ROOT, stdout=theirs.fileno(), stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith(b"hotroute: NGINX_ACCESS_LOG: standard output is a socket")


@pytest.mark.parametrize("place", ["stdout", "off"])
def test_the_lines_can_go_to_standard_output_or_nowhere(program: Path, app_port: int, place: str) -> None:
    with nginx_server(app_port, {"NGINX_PROGRAM": str(program), "NGINX_ACCESS_LOG": place}) as proxy:
        response, _ = proxy.get("/pid")
        identity = response.headers["X-Request-Id"]
        if place == "stdout":
            wait_until(lambda: identity in proxy.server.output(), "the line is written")
        assert not (Path(proxy.server.environ["DATA_DIR"]) / "nginx" / "access.log").exists()
        assert (identity in proxy.server.output()) is (place == "stdout")
