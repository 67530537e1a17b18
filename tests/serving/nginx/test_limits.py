"""By address: how often one may write and log in, and how much at once; reads are not limited."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.servers import Proxy, nginx_server
from tests.serving.nginx.sockets import encrypted, exchange, request

STRICT = {
    # One a minute: nothing of the burst comes back while a test runs.
    "WRITE_RATE": "1r/m",
    "WRITE_BURST": "5",
    "LOGIN_RATE": "2r/m",
    "LOGIN_BURST": "2",
}


@pytest.fixture
def strict(program: Path, app_port: int) -> Iterator[Proxy]:
    with nginx_server(app_port, {"NGINX_PROGRAM": str(program), **STRICT}) as proxy:
        yield proxy


def statuses(proxy: Proxy, method: str, path: str, times: int) -> list[int]:
    return [proxy.request(method, path, b"x" if method == "POST" else None)[0].status for _ in range(times)]


def test_writes_beyond_the_burst_are_429_in_json_and_say_when_to_come_back(strict: Proxy) -> None:
    assert statuses(strict, "POST", "/post", 8) == [200] * 6 + [429] * 2
    response, body = strict.request("DELETE", "/x")
    assert response.status == 429
    assert json.loads(body) == {"errors": {"body": ["too many requests"]}}
    assert response.headers["Retry-After"] == "60"
    assert len(response.headers["X-Request-Id"]) == 32


def test_reads_are_not_limited_even_then(strict: Proxy) -> None:
    assert 429 in statuses(strict, "POST", "/post", 8)
    for method in ("GET", "HEAD", "OPTIONS"):
        assert statuses(strict, method, "/pid", 30) == [200] * 30


@pytest.mark.parametrize("path", ["/api/users/login", "/api/users", "/api//users/%6cogin", "/x/../api/users"])
def test_logins_and_registrations_are_limited_more(strict: Proxy, path: str) -> None:
    assert statuses(strict, "POST", path, 5) == [200] * 3 + [429] * 2
    response, _ = strict.request("POST", path, b"x")
    # A login is a write too, and of these the next is allowed after a minute.
    assert response.headers["Retry-After"] == "60"


def test_where_only_logins_are_limited_they_say_when_the_next_is_allowed(program: Path, app_port: int) -> None:
    chosen = {"NGINX_PROGRAM": str(program), "LOGIN_RATE": "2r/m", "LOGIN_BURST": "1"}
    with nginx_server(app_port, chosen) as proxy:
        assert statuses(proxy, "POST", "/api/users/login", 2) == [200] * 2
        response, _ = proxy.request("POST", "/api/users/login", b"x")
        assert (response.status, response.headers["Retry-After"]) == (429, "30")


def test_another_path_below_them_is_a_write_like_any(strict: Proxy) -> None:
    assert statuses(strict, "POST", "/api/users/logins", 7) == [200] * 6 + [429]


def test_another_address_is_counted_on_its_own(program: Path, app_port: int) -> None:
    chosen = {"NGINX_PROGRAM": str(program), **STRICT, "REAL_IP_FROM": "127.0.0.1,::1"}
    with nginx_server(app_port, chosen) as proxy:
        assert 429 in statuses(proxy, "POST", "/post", 8)
        response, _ = proxy.request("POST", "/post", b"x", {"X-Forwarded-For": "192.0.2.1"})
        assert response.status == 200


def last_of_many(proxy: Proxy, addresses: list[str]) -> int:
    return [proxy.request("POST", "/post", b"x", {"X-Forwarded-For": one})[0].status for one in addresses][-1]


def test_the_addresses_of_one_ipv6_network_are_counted_together(program: Path, app_port: int) -> None:
    chosen = {"NGINX_PROGRAM": str(program), **STRICT, "REAL_IP_FROM": "127.0.0.1,::1"}
    with nginx_server(app_port, chosen) as proxy:
        for network in ("2001:db8:1:2:{}:5:6:7", "2001:db8:1:2::{}", "2001:db8::{}", "2001:db8:1::9:{}:1:1"):
            assert last_of_many(proxy, [network.format(f"a{number}") for number in range(7)]) == 429, network
            assert last_of_many(proxy, [network.format(f"b{number}") for number in range(1)]) == 429, network
        assert last_of_many(proxy, [f"2001:db8:{number}::1" for number in range(10, 17)]) == 200
        assert last_of_many(proxy, [f"::ffff:192.0.2.{number}" for number in range(1, 8)]) == 200
        assert last_of_many(proxy, ["::1"] * 7) == 429


def test_only_so_many_writes_of_an_address_are_in_flight(program: Path, app_port: int) -> None:
    """Slow uploads, each of which would hold a connection."""
    chosen = {"NGINX_PROGRAM": str(program), "WRITE_CONNECTIONS": "3", "WRITE_RATE": "10r/m"}
    with nginx_server(app_port, chosen) as proxy, ExitStack() as slow:
        uploads = [slow.enter_context(encrypted(proxy.https_port, proxy.trust)) for _ in range(3)]
        for upload in uploads:
            upload.sendall(request(b"POST /post HTTP/1.1", b"Content-Length: 100", b"Expect: 100-continue"))
            # By then it is counted, before any that comes later.
            assert upload.recv(1000).startswith(b"HTTP/1.1 100 ")
        assert proxy.request("POST", "/post", b"x")[0].status == 429
        # As soon as one of them ends, whatever the rate.
        assert proxy.request("POST", "/post", b"x")[0].headers["Retry-After"] == "1"
        assert statuses(proxy, "GET", "/pid", 3) == [200] * 3


def test_a_limit_is_not_a_matter_of_the_connection(strict: Proxy) -> None:
    seen: Counter[int] = Counter()
    with encrypted(strict.https_port, strict.trust) as connection:
        for _ in range(8):
            sent = b"POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
            seen[exchange(connection, sent)[0].status] += 1
    assert seen == {200: 6, 429: 2}
    with encrypted(strict.https_port, strict.trust) as connection:
        assert exchange(connection, request(b"POST /post HTTP/1.1", b"Content-Length: 0"))[0].status == 429
