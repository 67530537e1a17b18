"""Documents from a real server: redirects, sizes, types and time."""

import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest

from hotroute.outbound_http import Address, Document, FetchLimits, FetchRefusedError, fetch_document

pytestmark = pytest.mark.unit

PAGE = b"<title>A page</title>"


class Site(BaseHTTPRequestHandler):
    """Answers each path in its own way; the address 127.0.0.2 stands for the public internet."""

    def do_GET(self) -> None:
        port = self.server.server_port  # type: ignore[attr-defined]
        redirects = {
            "/to-page": "/page",
            "/to-private": f"http://127.0.0.1:{port}/page",
            "/to-file": "file:///etc/passwd",
            "/to-port": "http://127.0.0.2:22/",
            "/loop": "/loop",
        }
        if self.path in redirects:
            self.answer(302, b"", {"Location": redirects[self.path]})
        elif self.path == "/bomb":
            self.answer(200, gzip.compress(bytes(10_000_000)), {"Content-Encoding": "gzip"})
        elif self.path == "/endless":
            self.answer(200, PAGE * 100_000, {})
        elif self.path == "/image":
            self.answer(200, b"GIF89a", {"Content-Type": "image/gif"})
        elif self.path == "/silent":
            self.server.released.wait(60)  # type: ignore[attr-defined]
        else:
            self.answer(200 if self.path == "/page" else 404, PAGE, {})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in (
            {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))} | headers
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002
        return


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with ThreadingHTTPServer(("0.0.0.0", 0), Site) as server:
        server.released = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.released.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def fetch(port: int, path: str, **limits: float) -> Document:
    chosen = FetchLimits(ports=frozenset({port}), **limits)  # type: ignore[arg-type]
    return fetch_document(f"http://127.0.0.2:{port}{path}", chosen, is_test_address)


def is_test_address(address: Address) -> bool:
    return address == ip_address("127.0.0.2")


def test_a_page_is_fetched_and_a_redirect_followed(port: int) -> None:
    expected = Document(f"http://127.0.0.2:{port}/page", "text/html; charset=utf-8", PAGE)
    assert fetch(port, "/page") == fetch(port, "/to-page") == expected


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/to-private", "not public"),
        ("/to-file", "no http"),
        ("/to-port", "the port 22"),
        ("/loop", "more than 5 redirects"),
        ("/bomb", "larger than"),
        ("/endless", "larger than"),
        ("/image", "type"),
        ("/missing", "404"),
    ],
)
def test_what_is_not_a_small_public_page_is_refused(port: int, path: str, reason: str) -> None:
    with pytest.raises(FetchRefusedError, match=reason):
        fetch(port, path)


def test_a_server_that_says_nothing_is_given_up(port: int) -> None:
    with pytest.raises(FetchRefusedError):
        fetch(port, "/silent", seconds=0.2)
