"""Security headers, on answers of every kind, and nothing that tells a version."""

from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from tests.servers import Proxy, gunicorn_server, nginx_server
from tests.serving.nginx.sockets import Authority, encrypted, exchange, plain, request

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
    "a range that is not there": (b"GET /static/x.js HTTP/1.1\r\nRange: bytes=9-", 416),
}


@pytest.fixture(scope="module")
def site(program: Path, app_port: int, authority: Authority, ordinary: Path) -> Iterator[Proxy]:
    file = ordinary / "static" / "identity" / "static" / "x.js"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")
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
    strict = {"Content-Security-Policy": STRICT, "Strict-Transport-Security": TWO_YEARS}
    assert_has_each_header_once(response, EVERYWHERE | strict)


PLAIN = {
    "a redirect": (b"GET /here HTTP/1.1", 308),
    "a challenge": (b"GET /.well-known/acme-challenge/token HTTP/1.1", 200),
    "no such challenge": (b"GET /.well-known/acme-challenge/other HTTP/1.1", 404),
    "a refusal": (b"TRACE / HTTP/1.1", 405),
    "a malformed request": (b"GET /%00 HTTP/1.1", 400),
}


@pytest.mark.parametrize("kind", PLAIN)
def test_over_plain_http_each_has_the_same_but_one(site: Proxy, kind: str) -> None:
    """RFC 6797, section 7.2: no Strict-Transport-Security."""
    line, status = PLAIN[kind]
    challenges = Path(site.server.environ["DATA_DIR"]) / "acme" / ".well-known" / "acme-challenge"
    challenges.mkdir(parents=True, exist_ok=True)
    (challenges / "token").touch()
    response, _ = plain(site.http_port, request(line))
    assert response.status == status
    assert_has_each_header_once(response, EVERYWHERE | {"Content-Security-Policy": STRICT})
    assert "Strict-Transport-Security" not in response.headers


def test_plain_http_on_the_tls_port_has_them_too(site: Proxy) -> None:
    response, _ = plain(site.https_port, request(b"GET /here HTTP/1.1"))
    assert response.status == 308
    assert_has_each_header_once(response, EVERYWHERE | {"Content-Security-Policy": STRICT})
    assert "Strict-Transport-Security" not in response.headers


def assert_has_each_header_once(response: HTTPResponse, wanted: dict[str, str]) -> None:
    assert {name: response.headers.get_all(name) for name in wanted} == {name: [wanted[name]] for name in wanted}
    [identity] = response.headers.get_all("X-Request-Id") or []
    assert len(identity) == 32


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


def test_a_page_of_the_application_keeps_its_own_policy_and_a_long_header_of_it_passes(
    program: Path, tmp_path: Path
) -> None:
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
        # Nginx has room for what comes back in a header: three bytes for each that was sent.
        response, _ = proxy.get("/docs?x=" + '"' * 7960)
        assert response.status == 308
        assert len(response.headers["Location"]) > 3 * 7960
        response, _ = proxy.get("/openapi.json")
        assert response.headers.get_all("Content-Security-Policy") == [STRICT]
