"""What Nginx answers by itself has the API's shape; what the application answers passes through untouched."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest

from hotroute.serving.nginx.template_files import PACKAGED
from tests.servers import Proxy, nginx_server
from tests.serving.nginx.sockets import plain, raw, request

MEBIBYTE = 1024 * 1024


def assert_in_the_shape(response: HTTPResponse, body: bytes) -> None:
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert len(response.headers["X-Request-Id"]) == 32
    errors = json.loads(body)
    assert list(errors) == ["errors"]
    assert list(errors["errors"]) == ["body"]
    [message] = errors["errors"]["body"]
    assert message
    assert message != "the request cannot be answered"


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (400, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n"),
        (400, b"nonsense\r\n\r\n"),
        (400, b"GET /%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        (400, request(b"GET / HTTP/1.1", b"Content-Length: 1", b"Content-Length: 2")),
        (405, request(b"TRACE / HTTP/1.1")),
        (413, request(b"POST /post HTTP/1.1", b"Content-Length: %d" % (MEBIBYTE + 1))),
        (414, request(b"GET /" + b"a" * 9000 + b" HTTP/1.1")),
        (431, request(b"GET / HTTP/1.1", b"X-Long: " + b"a" * 9000)),
        (501, request(b"POST / HTTP/1.1", b"Transfer-Encoding: gzip")),
        (505, request(b"GET / HTTP/3.0")),
    ],
    ids=["two hosts", "nonsense", "NUL", "two lengths", "TRACE", "body", "url", "header", "coding", "version"],
)
def test_a_request_that_nginx_refuses_gets_json(nginx: Proxy, status: int, sent: bytes) -> None:
    response, body = raw(nginx, sent)
    assert response.status == status
    assert_in_the_shape(response, body)
    assert "Retry-After" not in response.headers


@pytest.mark.parametrize(
    "sent",
    [request("GET /\u00ff HTTP/1.1".encode("latin-1")), request(b"GET /pid HTTP/1.1", b"X-Bell: \x07")],
    ids=["a raw byte in the URL", "a control character in a header"],
)
def test_what_nginx_passes_and_gunicorn_refuses_gets_json_too(nginx: Proxy, sent: bytes) -> None:
    response, body = raw(nginx, sent)
    assert response.status == 400
    assert response.headers["Content-Type"] == "application/json"
    assert len(response.headers["X-Request-Id"]) == 32
    refused = "the request was refused before the application saw it: bad request"
    assert json.loads(body) == {"errors": {"body": [refused]}}


def test_a_body_of_exactly_the_limit_passes(nginx: Proxy) -> None:
    response, _ = nginx.request("POST", "/post", b"x" * MEBIBYTE)
    assert response.status == 200


def test_a_url_and_a_header_just_below_the_limit_reach_the_application(nginx: Proxy) -> None:
    response, _ = nginx.get("/" + "a" * 7900, {"X-Long": "a" * 7900})
    assert response.status == 200


def test_plain_http_on_the_tls_port_is_redirected(nginx: Proxy) -> None:
    response, _ = plain(nginx.https_port, request(b"GET /here HTTP/1.1"))
    assert response.status == 308
    assert response.headers["Location"] == f"https://localhost:{nginx.https_port}/here"


def test_the_applications_own_errors_pass_through(nginx: Proxy) -> None:
    response, body = nginx.get("/not-here")
    assert response.status == 404
    assert json.loads(body) == {"errors": {"article": ["not found"]}}


def test_the_error_page_has_no_address_of_its_own(nginx: Proxy) -> None:
    response, body = nginx.get("/.error")
    assert response.status == 404
    assert json.loads(body)["errors"]["body"]


def test_without_the_application_the_answer_is_502_and_says_when_to_come_back(lonely: Proxy) -> None:
    response, body = raw(lonely, request(b"GET /api/articles HTTP/1.1"))
    assert response.status == 502
    assert response.headers["Retry-After"] == "1"
    assert_in_the_shape(response, body)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_header_fields_of_an_answer_that_are_too_large_are_named(nginx: Proxy, method: str) -> None:
    response, body = nginx.request(method, "/wide", b"")
    assert response.status == 502
    assert "Retry-After" not in response.headers
    assert_in_the_shape(response, body)
    too_large = "the header fields of the application's answer are larger than 24576 bytes"
    assert json.loads(body) == {"errors": {"body": [too_large]}}


def test_an_application_that_breaks_off_is_not_told_as_one_with_large_header_fields(program: Path) -> None:
    with (
        broken_off() as port,
        nginx_server(port, {"NGINX_PROGRAM": str(program)}) as proxy,
    ):
        response, body = raw(proxy, request(b"POST / HTTP/1.1", b"Content-Length: 0"))
    assert response.status == 502
    assert b"the application broke off" in body


@contextmanager
def broken_off() -> Iterator[int]:
    """Yield the port of an application that ends each connection within a header field of 20,000 bytes."""

    class BrokenOff(StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 20_000)

    with ThreadingTCPServer(("127.0.0.1", 0), BrokenOff) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture(scope="module")
def silent(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Nginx before an application that takes connections and says nothing."""
    templates = changed(tmp_path_factory.mktemp("nginx"), {"proxy_read_timeout 30s": "proxy_read_timeout 1s"})
    chosen = {"NGINX_TEMPLATES": str(templates), "NGINX_PROGRAM": str(program)}
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        nginx_server(listener.getsockname()[1], chosen) as proxy,
    ):
        yield proxy


def test_an_application_that_is_too_slow_is_504(silent: Proxy) -> None:
    response, body = raw(silent, request(b"GET / HTTP/1.1"))
    assert response.status == 504
    assert response.headers["Retry-After"] == "1"
    assert_in_the_shape(response, body)


def test_a_post_that_may_have_been_executed_is_not_called_safe_to_repeat(silent: Proxy) -> None:
    response, body = raw(silent, request(b"POST / HTTP/1.1", b"Content-Length: 0"))
    assert response.status == 504
    assert "Retry-After" not in response.headers
    assert_in_the_shape(response, body)
    assert b"may have been done, or not" in body


def changed(folder: Path, changes: dict[str, str]) -> Path:
    """The templates, some of it in other words; each must be there."""
    text = {template.name: template.read_text() for template in PACKAGED.glob("*.j2")}
    for before, after in changes.items():
        assert any(before in content for content in text.values())
        text = {name: content.replace(before, after) for name, content in text.items()}
    folder.mkdir(exist_ok=True)
    for name, content in text.items():
        (folder / name).write_text(content)
    return folder


@pytest.mark.parametrize(("fields", "length"), [(99, 1), (101, 1), (300, 1), (3000, 1), (3, 9000), (20, 3000)])
def test_too_many_header_fields_are_431_in_json(nginx: Proxy, fields: int, length: int) -> None:
    """There is Host, too. An Nginx that cannot count them hands on as many as the application takes, see below."""
    sent = [b"GET /headers HTTP/1.1", *(b"X-%d: %s" % (number, b"x" * length) for number in range(fields - 2))]
    response, body = raw(nginx, request(*sent))
    if fields > 100 or length > 1:
        assert response.status == 431
        assert_in_the_shape(response, body)
    else:
        assert response.status == 200


def test_where_nginx_cannot_count_header_fields_the_application_takes_all_that_fit(
    program: Path, app_port: int, tmp_path: Path
) -> None:
    uncounted = {"max_headers 100;": "max_headers 100000;"}
    templates = changed(tmp_path, uncounted)
    with nginx_server(app_port, {"NGINX_PROGRAM": str(program), "NGINX_TEMPLATES": str(templates)}) as proxy:
        response, body = raw(proxy, request(b"GET /headers HTTP/1.1", *(b"X-%d: x" % number for number in range(2500))))
    assert response.status == 200
    assert len(json.loads(body)) > 2500
