"""The private paths are for the configured networks, however they are written."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers import Proxy, nginx_server
from tests.serving.nginx.sockets import encrypted, exchange, request

PRIVATE = ("/profiler", "/profiler/", "/profiler/requests?x=1", "/metrics", "/metrics/x", "/readyz", "/nginx-status")
WAYS_AROUND = (
    "//profiler/",
    "/./profiler/",
    "/x/../profiler/",
    "/%70rofiler/",
    "/x/%2e%2e/profiler/",
    "/profiler/%2e%2e%2fprofiler/",
    "/profiler%2f",
    "/metrics%3fx",
    "/metrics;x",
    "/%72eadyz",
    "/a/..//readyz",
)


@pytest.fixture(scope="module")
def outside(program: Path, app_port: int) -> Iterator[Proxy]:
    """Nginx to which this machine is a stranger, but 127.0.0.9 is not."""
    with nginx_server(app_port, {"NGINX_PROGRAM": str(program), "PRIVATE_NETWORKS": "127.0.0.9, 10.0.0.0/8"}) as proxy:
        yield proxy


@pytest.mark.parametrize("path", [*PRIVATE, *WAYS_AROUND])
def test_strangers_are_refused(outside: Proxy, path: str) -> None:
    with encrypted(outside.https_port, outside.trust) as connection:
        response, body = exchange(connection, request(b"GET %s HTTP/1.1" % path.encode()))
    assert response.status == 403
    assert json.loads(body) == {"errors": {"body": ["is forbidden"]}}


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"])
def test_no_header_makes_a_stranger_a_friend(outside: Proxy, header: str) -> None:
    response, _ = outside.get("/readyz", {header: "127.0.0.9"})
    assert response.status == 403


@pytest.mark.parametrize("path", PRIVATE)
def test_friends_are_let_through(nginx: Proxy, path: str) -> None:
    response, _ = nginx.get(path)
    assert response.status == 200


@pytest.mark.parametrize(
    "path", ["/profiler/..%2fpublic", "/profiler%2f..%2fpublic", "/readyz/../public", "/x/%2e%2e/public"]
)
def test_the_application_gets_the_path_that_was_checked(outside: Proxy, path: str) -> None:
    """To Nginx these are /public; an application that did not resolve the dots would see /profiler/../public."""
    with encrypted(outside.https_port, outside.trust) as connection:
        response, body = exchange(connection, request(b"GET %s HTTP/1.1" % path.encode()))
    assert response.status == 200
    assert json.loads(body)["path"] == "/public"


@pytest.mark.parametrize("path", ["/a%20b", "/caf%C3%A9", "/%3Fq", "/a+b", "/%25", "/a%2Bb", "/a%23b", "/%22%3C%3E"])
def test_an_ordinary_path_arrives_as_it_was_meant(nginx: Proxy, path: str) -> None:
    from urllib.parse import unquote  # noqa: PLC0415

    _, body = nginx.get(path + "?a=%2Fb&c=d%20e")
    seen = json.loads(body)
    assert seen["path"].encode("latin-1").decode() == unquote(path)
    assert seen["query"] == "a=%2Fb&c=d%20e"


def test_the_health_that_everyone_may_know_is_open(outside: Proxy) -> None:
    response, _ = outside.get("/healthz")
    assert response.status == 200


def test_the_status_of_nginx_itself_counts(nginx: Proxy) -> None:
    """stub_status where it is built in; else the number of connections, those to the application too."""
    first, second = (connections(nginx.get("/nginx-status")[1]) for _ in range(2))
    assert second > first > 0


def connections(body: bytes) -> int:
    if body.startswith(b"{"):
        return int(json.loads(body)["connections"])
    return int(body.splitlines()[2].split()[0])
