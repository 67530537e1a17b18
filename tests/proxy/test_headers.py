"""Security headers, on answers of every kind, and nothing that tells a version."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.proxy.sockets import Authority, encrypted, exchange, request
from tests.servers import Proxy, gunicorn_server, nginx_server

EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT = "default-src 'none'; frame-ancestors 'none'"
TWO_YEARS = "max-age=63072000"

KINDS = {
    "an answer": (b"GET /pid HTTP/1.1", 200),
    "an error of the application": (b"GET /not-here HTTP/1.1", 404),
    "an error of Nginx": (b"GET /static/nothing HTTP/1.1", 404),
    "a refusal": (b"TRACE / HTTP/1.1", 405),
    "a malformed request": (b"GET /%00 HTTP/1.1", 400),
    "a file": (b"GET /static/x.js HTTP/1.1", 200),
}


@pytest.fixture(scope="module")
def site(program: Path, app_port: int, authority: Authority, ordinary: Path) -> Iterator[Proxy]:
    file = ordinary / "static" / "identity" / "static" / "x.js"
    file.parent.mkdir(parents=True)
    file.touch()
    chosen = {
        "APP_ENV": "production",
        "NGINX_PROGRAM": str(program),
        "SERVER_NAMES": "localhost",
        "DATA_DIR": str(ordinary),
        **authority.certificate(ordinary, "localhost"),
    }
    with nginx_server(app_port, chosen, authority.trust()) as proxy:
        yield proxy


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_answer_has_each_header_once(site: Proxy, kind: str) -> None:
    line, status = KINDS[kind]
    with encrypted(site.https_port, site.trust) as connection:
        response, _ = exchange(connection, request(line))
    assert response.status == status
    wanted = EVERYWHERE | {"Content-Security-Policy": STRICT, "Strict-Transport-Security": TWO_YEARS}
    assert {name: response.headers.get_all(name) for name in wanted} == {name: [wanted[name]] for name in wanted}


@pytest.mark.parametrize("kind", KINDS)
def test_no_answer_tells_a_version(site: Proxy, kind: str) -> None:
    with encrypted(site.https_port, site.trust) as connection:
        response, body = exchange(connection, request(KINDS[kind][0]))
    assert response.headers.get_all("Server") == ["nginx"]
    assert "X-Powered-By" not in response.headers
    assert not any(word in body for word in (b"nginx", b"gunicorn", b"openresty"))


def test_on_a_developers_machine_browsers_are_not_told_to_keep_to_https(nginx: Proxy) -> None:
    response, _ = nginx.get("/pid")
    assert "Strict-Transport-Security" not in response.headers


def test_a_page_of_the_application_keeps_its_own_policy(program: Path, tmp_path: Path) -> None:
    environ = {"SECRET_KEY": "x" * 32, "REDIS_PORT": "1", "DATA_DIR": str(tmp_path)}
    with (
        gunicorn_server("wsgi:app", environ) as app,
        nginx_server(int(app.environ["APP_PORT"]), {"NGINX_PROGRAM": str(program)}) as proxy,
    ):
        response, body = proxy.get("/docs/")
        assert response.status == 200
        [policy] = response.headers.get_all("Content-Security-Policy") or []
        assert "script-src 'self'" in policy
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
        assert b"<script>" not in body
        response, _ = proxy.get("/openapi.json")
        assert response.headers.get_all("Content-Security-Policy") == [STRICT]
