"""The twenty lines behind a real Gunicorn, and that behind a real Nginx."""

import secrets
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection

import pytest

from tests import servers


@pytest.fixture(scope="session")
def served(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    environ = {
        "REDIS_URL": redis_url,
        "NOTES": str(tmp_path_factory.mktemp("notes")),
        "CACHE_NAMESPACE": f"test:{secrets.token_hex(4)}:",
    }
    with servers.gunicorn_server("tests.cache.http.served:app", environ, path="/long") as running:
        servers.wait_until(lambda: "hit" in answer(running, "/long")[1].get("Cache-Status", ""), "the cache is trusted")
        yield running


@pytest.fixture(scope="session")
def proxied(served: servers.Server) -> Iterator[servers.Proxy]:
    with servers.nginx_server(int(served.environ["APP_PORT"])) as running:
        yield running


def answer(
    server: servers.Server, path: str, headers: Mapping[str, str] | None = None, method: str = "GET", body: bytes = b""
) -> tuple[int, Mapping[str, str], bytes]:
    connection = HTTPConnection("127.0.0.1", int(server.environ["APP_PORT"]), timeout=30)
    try:
        connection.request(method, path, body or None, dict(headers or {}))
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()
