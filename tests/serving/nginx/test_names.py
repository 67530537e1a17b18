"""Which names are served: all others are refused before they learn anything."""

import json
import socket
import ssl
from contextlib import suppress
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from tests.servers import Proxy
from tests.serving.nginx.sockets import Authority, encrypted, exchange, plain, request


@pytest.mark.parametrize("name", ["api.example.org", "www.example.net"])
def test_a_known_name_is_served(production: Proxy, name: str) -> None:
    with encrypted(production.https_port, production.trust, name) as connection:
        response, body = exchange(connection, request(b"GET /headers HTTP/1.1", host=name.encode()))
    assert response.status == 200
    assert json.loads(body)["HTTP_HOST"] == f"{name}:{production.https_port}"


@pytest.mark.parametrize("name", ["evil.example", "localhost", "example.net", "api.example.org.evil.example", None])
def test_the_handshake_for_another_name_or_for_none_is_refused(
    production: Proxy, authority: Authority, name: str | None
) -> None:
    with (
        pytest.raises(ssl.SSLError, match=r"UNRECOGNIZED_NAME|unrecognized name"),
        encrypted(production.https_port, authority.blind(), name),
    ):
        pass


@pytest.mark.parametrize("host", [b"evil.example", b"127.0.0.1", b"api.example.org.evil.example", b"localhost"])
def test_another_host_after_a_good_handshake_is_misdirected(production: Proxy, host: bytes) -> None:
    with encrypted(production.https_port, production.trust, "api.example.org") as connection:
        response, body = exchange(connection, request(b"GET /headers HTTP/1.1", host=host))
    assert response.status == 421
    assert json.loads(body) == {"errors": {"body": ["the host is not served here"]}}


@pytest.mark.parametrize("host", [b"evil.example", b"127.0.0.1"])
def test_plain_http_for_another_host_is_hung_up_on(production: Proxy, host: bytes) -> None:
    with socket.create_connection(("127.0.0.1", production.http_port), timeout=20) as connection:
        connection.sendall(request(b"GET / HTTP/1.1", host=host))
        # A reset leaves nothing behind on the server.
        with suppress(ConnectionResetError):
            assert connection.recv(1) == b""


@pytest.mark.parametrize("method", [b"GET", b"POST"])
def test_plain_http_is_sent_to_https_with_its_method_and_path(production: Proxy, method: bytes) -> None:
    sent = request(method + b" /a/b?c=d HTTP/1.1", host=b"api.example.org:1234")
    response, _ = plain(production.http_port, sent)
    assert response.status == 308
    assert response.headers["Location"] == f"https://api.example.org:{production.https_port}/a/b?c=d"
    # RFC 6797, section 7.2: not over plain HTTP.
    assert "Strict-Transport-Security" not in response.headers


def test_plain_http_on_the_tls_port_is_redirected_for_a_known_name_only(production: Proxy) -> None:
    response, _ = plain(production.https_port, request(b"GET /here HTTP/1.1", host=b"api.example.org"))
    assert response.status == 308
    assert response.headers["Location"] == f"https://api.example.org:{production.https_port}/here"
    response, body = plain(production.https_port, request(b"GET /here HTTP/1.1", host=b"evil.example"))
    assert response.status == 400
    assert b"evil" not in body


def test_who_issues_certificates_is_answered_over_plain_http(production: Proxy) -> None:
    webroot = Path(production.server.environ["DATA_DIR"]) / "acme" / ".well-known" / "acme-challenge"
    webroot.mkdir(parents=True, exist_ok=True)
    (webroot / "token").write_text("token.thumbprint")
    asked = b"GET /.well-known/acme-challenge/%s HTTP/1.1"
    response, body = plain(production.http_port, request(asked % b"token", host=b"api.example.org"))
    assert (response.status, body) == (200, b"token.thumbprint")
    for other in (b"", b"other", b"../../chain.pem", b"%2e%2e/%2e%2e/chain.pem"):
        response, body = plain(production.http_port, request(asked % other, host=b"api.example.org"))
        assert response.status in {308, 403, 404}
        assert b"PRIVATE" not in body


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_on_a_developers_machine_every_name_of_it_works(nginx: Proxy, name: str) -> None:
    connection = HTTPSConnection(name, nginx.https_port, context=nginx.trust, timeout=20)
    connection.request("GET", "/pid")
    assert connection.getresponse().status == 200
    connection.close()


def test_on_a_developers_machine_other_names_are_refused_too(nginx: Proxy, authority: Authority) -> None:
    with (
        pytest.raises(ssl.SSLError, match=r"UNRECOGNIZED_NAME|unrecognized name"),
        encrypted(nginx.https_port, authority.blind(), "evil.example"),
    ):
        pass
    response, _ = nginx.get("/pid", {"Host": "evil.example"})
    assert response.status == 421
