"""Hot answers over real sockets: Gunicorn alone, and behind Nginx."""

import gzip
from http.client import HTTPConnection

import brotli  # type: ignore[import-untyped]

from tests import servers
from tests.cache.http.conftest import answer
from tests.cache.http.site import TEXT

JSON = {"Content-Type": "application/json"}


def test_a_hit_has_one_date_the_servers_and_an_age(served: servers.Server) -> None:
    answer(served, "/long")  # the entry may have reached the end of its TTL
    status, headers, body = answer(served, "/long")
    assert (status, body) == (200, TEXT.encode())
    assert headers["Cache-Status"].startswith("Hotroute; hit; ttl=")
    assert int(headers["Age"]) >= 0
    assert "GMT" in headers["Date"]
    assert "," not in headers["Date"].replace(",", "", 1)


def test_a_304_and_head_have_no_body_on_a_connection_that_goes_on(served: servers.Server) -> None:
    connection = HTTPConnection("127.0.0.1", int(served.environ["APP_PORT"]), timeout=30)
    try:
        tag = answer(served, "/long")[1]["ETag"]
        expected = [("GET", tag, 304, b""), ("HEAD", "", 200, b""), ("GET", "", 200, TEXT.encode())]
        for method, known, status, body in [*expected, *expected]:
            connection.request(method, "/long", headers={"If-None-Match": known} if known else {})
            response = connection.getresponse()
            assert (response.status, response.read()) == (status, body)
            assert response.getheader("ETag") == tag
    finally:
        connection.close()


def test_a_write_is_seen_by_each_worker(served: servers.Server) -> None:
    for number in range(10):
        answer(served, "/notes/1", JSON, "PUT", f'{{"text": "{number}"}}'.encode())
        assert all(f'"{number}"'.encode() in answer(served, "/notes/1")[2] for _ in range(4))


def test_nginx_passes_on_the_encoding_that_each_client_takes(proxied: servers.Proxy) -> None:
    decode = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}
    tags = set()
    proxied.get("/long")
    for accepted, coding in (
        ("br, gzip", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("identity", ""),
        ("", ""),
    ):
        response, body = proxied.get("/long", {"Accept-Encoding": accepted})
        assert response.getheader("Content-Encoding", "") == coding
        assert decode[coding](body) == TEXT.encode()
        assert response.getheader("Cache-Status", "").startswith("Hotroute; hit")
        assert "Accept-Encoding" in response.getheader("Vary", "")
        tags.add(response.getheader("ETag"))
    assert len(tags) == 3


def test_nginx_passes_on_304_and_head(proxied: servers.Proxy) -> None:
    whole, _ = proxied.get("/long", {"Accept-Encoding": "gzip"})
    tag = whole.getheader("ETag") or ""
    short, body = proxied.get("/long", {"Accept-Encoding": "gzip", "If-None-Match": f'W/"x", {tag}'})
    assert (short.status, body, short.getheader("ETag")) == (304, b"", tag)
    head, body = proxied.request("HEAD", "/long", headers={"Accept-Encoding": "gzip"})
    assert (head.status, body, head.getheader("Content-Length")) == (200, b"", whole.getheader("Content-Length"))
    assert head.getheader("Age") is not None
