"""No request reaches the application that Nginx has not seen as one, and nothing ambiguous reaches it at all."""

import json
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.servers import Proxy, gunicorn_server, nginx_server, wait_until
from tests.serving.conftest import APP
from tests.serving.nginx.smuggling import HIDDEN, corpus, corpus_2
from tests.serving.nginx.sockets import encrypted, exchange, request

Arrival = tuple[str, str]
"""A request's id and its method."""


class Site:
    """Gunicorn behind Nginx: what came to the one, and what the other knows of."""

    def __init__(self, proxy: Proxy, app_port: int, arrivals: Path) -> None:
        self.proxy, self.app_port, self.arrivals = proxy, app_port, arrivals

    def arrived(self) -> list[Arrival]:
        return [(*json.loads(line)[:2],) for line in self.arrivals.read_text().splitlines()]

    def logged(self) -> set[Arrival]:
        """All of them: a line that is asked for now is written last."""
        response, _ = self.proxy.get("/last")
        log = Path(self.proxy.server.environ["DATA_DIR"]) / "nginx" / "access.log"
        # Each worker of Nginx has a buffer of its own, written within a second: one line is not enough.
        wait_until(lambda: response.headers["X-Request-Id"] in log.read_text(), "the log is written")
        wait_until(lambda: set(self.arrived()) <= lines(log), "every arrival is logged", seconds=3)
        return lines(log)

    def send(self, sent: bytes, protocol: str = "http/1.1") -> None:
        trust = ssl.create_default_context(cafile=Path(self.proxy.server.environ["DATA_DIR"]) / "tls" / "ca.pem")
        trust.set_alpn_protocols([protocol])
        with encrypted(self.proxy.https_port, trust) as connection:
            connection.settimeout(0.3)
            connection.sendall(sent)
            try:
                while connection.recv(65536):
                    pass
            except OSError:
                pass


def lines(log: Path) -> set[Arrival]:
    found = [json.loads(line) for line in log.read_text().splitlines()]
    return {(line["request_id"], line["method"]) for line in found}


@pytest.fixture
def site(program: Path, tmp_path: Path) -> Iterator[Site]:
    arrivals = tmp_path / "arrivals"
    environ = {"NOTES": str(tmp_path / "notes"), "ARRIVALS": str(arrivals)}
    with gunicorn_server(APP, environ) as gunicorn:
        port = int(gunicorn.environ["APP_PORT"])
        with nginx_server(port, {"NGINX_PROGRAM": str(program)}) as proxy:
            arrivals.write_text("")
            yield Site(proxy, port, arrivals)


def test_no_request_of_the_corpus_is_hidden_from_nginx(site: Site) -> None:
    """The id says so: Nginx gives each request one and replaces the one that the hidden one brings."""
    payloads = [(sent, "http/1.1") for sent in corpus()] + [(sent, "h2") for sent in corpus_2()]
    assert len(payloads) >= 150
    with ThreadPoolExecutor(16) as clients:
        list(clients.map(lambda payload: site.send(*payload), payloads))
    arrived = site.arrived()
    assert len(arrived) > 20
    assert set(arrived) <= site.logged()
    assert len({identity for identity, _ in arrived}) == len(arrived)


def test_a_request_that_nginx_has_not_seen_would_be_noticed(site: Site) -> None:
    connection = HTTPConnection("127.0.0.1", site.app_port)
    connection.request("GET", "/hidden", headers={"X-Request-Id": "hidden"})
    assert connection.getresponse().read()
    connection.close()
    assert ("hidden", "GET") in site.arrived()
    with pytest.raises(TimeoutError):
        site.logged()


AMBIGUOUS = {
    "a length and a coding": (b"Content-Length: 5", b"Transfer-Encoding: chunked"),
    "two lengths": (b"Content-Length: 5", b"Content-Length: 6"),
    "the same length twice": (b"Content-Length: 5", b"Content-Length: 5"),
    "two codings": (b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"),
    "an unknown coding": (b"Transfer-Encoding: xchunked",),
    "a list of codings": (b"Transfer-Encoding: gzip, chunked",),
    "a list of lengths": (b"Content-Length: 5, 5",),
    "a signed length": (b"Content-Length: +5",),
    "a coding in HTTP/1.0": (b"Transfer-Encoding: chunked",),
    "a space before the colon": (b"Content-Length : 5",),
    "a broken line": (b"X: y\rz",),
    "a NUL": (b"X: y\x00z",),
    "two hosts": (b"Host: localhost",),
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_what_is_ambiguous_is_refused_and_the_connection_closed(nginx: Proxy, kind: str) -> None:
    version = b"1.0" if "1.0" in kind else b"1.1"
    sent = request(b"POST /front HTTP/" + version, *AMBIGUOUS[kind]).replace(b"Connection: close\r\n", b"")
    with encrypted(nginx.https_port, nginx.trust) as connection:
        response, body = exchange(connection, sent + b"0\r\n\r\n" + HIDDEN)
        assert response.status in {400, 501}
        assert "errors" in json.loads(body)
        assert connection.recv(65536) == b""
