"""Nginx in front of Gunicorn, over real sockets."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.servers import Proxy, free_port, gunicorn_server, nginx_server
from tests.serving.conftest import APP
from tests.serving.nginx.sockets import encrypted, exchange, request

SPOOFED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Ssl": "off",
    "X-Forwarded-Protocol": "http",
    "X-Forwarded-Scheme": "gopher",
    "X-Forwarded-Server": "evil.example",
    "X-Forwarded-By": "6.6.6.6",
    "X-Forwarded-User": "evil",
    "X-Forwarded-Client-Cert": "evil",
    "X-Forwarded": "for=6.6.6.6",
    "Forwarded": "for=6.6.6.6",
    "Forwarded-For": "6.6.6.6",
    "X-Real-IP": "6.6.6.6",
    "X-Client-IP": "6.6.6.6",
    "X-Cluster-Client-IP": "6.6.6.6",
    "True-Client-IP": "6.6.6.6",
    "CF-Connecting-IP": "6.6.6.6",
    "X-Remote-User": "evil",
    "X-Scheme": "gopher",
    "X-Url-Scheme": "gopher",
    "Front-End-Https": "off",
    "X-Request-Start": "t=1",
    "X-Original-URL": "/evil",
    "X-Original-Host": "evil.example",
    "X-Rewrite-URL": "/evil",
    "X-HTTP-Method-Override": "DELETE",
    "X-Request-Id": "evil",
    "Proxy": "http://evil.example",
}


ENCODINGS = {
    "": "",
    "identity": "",
    "*": "",
    "br": "br",
    "gzip": "gzip",
    "GZip": "gzip",
    "gzip, deflate": "gzip",
    "gzip, deflate, br, zstd": "br, gzip",
    "br;q=1.0, gzip;q=0.8, *;q=0.1": "br, gzip",
    "gzip;q=0, br": "br",
    "br;q=0.0, gzip;q=0.001": "gzip",
    "sbr, gzipx, x-gzip": "",
}


def told(proxy: Proxy, headers: dict[str, str] | None = None) -> dict[str, str]:
    """The headers that the application sees."""
    _, body = proxy.get("/headers", headers)
    seen: dict[str, str] = json.loads(body)
    return seen


def test_the_application_answers_over_https(nginx: Proxy) -> None:
    response, body = nginx.get("/pid")
    assert response.status == 200
    assert "pid" in json.loads(body)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_plain_http_is_sent_to_https_with_its_method_and_path(nginx: Proxy, method: str) -> None:
    connection = HTTPConnection("localhost", nginx.http_port)
    connection.request(method, "/a/b?c=d", headers={"Host": "127.0.0.1:1234"})
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 308
    assert response.headers["Location"] == f"https://127.0.0.1:{nginx.https_port}/a/b?c=d"


def test_the_application_learns_who_asked_and_how(nginx: Proxy) -> None:
    seen = told(nginx)
    assert seen["HTTP_HOST"] == seen["HTTP_X_FORWARDED_HOST"] == f"localhost:{nginx.https_port}"
    assert seen["HTTP_X_FORWARDED_FOR"] in {"127.0.0.1", "::1"}
    assert seen["HTTP_X_FORWARDED_PROTO"] == seen["scheme"] == "https"


def test_nothing_that_only_a_proxy_may_say_is_taken_from_outside(nginx: Proxy) -> None:
    spoofed, honest = told(nginx, SPOOFED), told(nginx)
    del spoofed["peer"], honest["peer"]
    assert spoofed.keys() == honest.keys()
    assert {name for name in honest if spoofed[name] != honest[name]} == {"HTTP_X_REQUEST_ID"}
    assert spoofed["HTTP_X_REQUEST_ID"] != "evil"


@pytest.mark.parametrize("accepted", ENCODINGS)
def test_the_application_is_asked_for_what_may_be_stored_and_nothing_else(nginx: Proxy, accepted: str) -> None:
    seen = told(nginx, {"Accept-Encoding": accepted})
    assert seen.get("HTTP_ACCEPT_ENCODING", "") == ENCODINGS[accepted]


def test_nginx_compresses_nothing_by_itself(nginx: Proxy) -> None:
    response, body = nginx.get("/big", {"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in response.headers
    assert len(body) == 1_000_000


@pytest.fixture(scope="module")
def behind(program: Path, app_port: int) -> Iterator[Proxy]:
    """Nginx behind proxies of ours on 10.0.0.0/8 and on this machine."""
    chosen = {"NGINX_PROGRAM": str(program), "REAL_IP_FROM": "127.0.0.1, ::1, 10.0.0.0/8"}
    with nginx_server(app_port, chosen) as proxy:
        yield proxy


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7, 10.1.2.3", "192.0.2.7"),
        ("6.6.6.6, 192.0.2.7", "192.0.2.7"),
        ("127.0.0.1, 192.0.2.7, 10.1.2.3", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("nonsense", "127.0.0.1"),
    ],
)
def test_the_clients_address_is_what_our_own_proxies_say(behind: Proxy, forwarded: str, client: str) -> None:
    with encrypted(behind.https_port, behind.trust) as connection:
        sent = request(b"GET /headers HTTP/1.1", b"X-Forwarded-For: " + forwarded.encode())
        _, body = exchange(connection, sent)
    assert json.loads(body)["HTTP_X_FORWARDED_FOR"] == client


def test_each_request_has_an_id_of_its_own(nginx: Proxy) -> None:
    first, second = told(nginx)["HTTP_X_REQUEST_ID"], told(nginx)["HTTP_X_REQUEST_ID"]
    assert len(first) == len(second) == 32
    assert first != second


def test_connections_to_the_application_are_kept_alive(nginx: Proxy) -> None:
    connection = nginx.connect()
    ports = set()
    for _ in range(20):
        connection.request("GET", "/headers")
        ports.add(json.loads(connection.getresponse().read())["peer"])
    connection.close()
    assert len(ports) < 10


def test_nobody_learns_the_versions(nginx: Proxy) -> None:
    for path in ("/pid", "/not-here"):
        response, _ = nginx.get(path)
        assert response.headers["Server"] == "nginx"


def test_a_long_answer_arrives_whole(nginx: Proxy) -> None:
    _, body = nginx.get("/big")
    assert len(body) == 1_000_000


def test_a_unix_socket_can_be_between_them(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    bind = {"GUNICORN_BIND": f"unix:{path},127.0.0.1:{(port := free_port())}", "APP_PORT": str(port)}
    with (
        gunicorn_server(APP, bind),
        nginx_server(free_port(), {"GUNICORN_BIND": f"unix:{path}"}) as proxy,
    ):
        assert told(proxy)["scheme"] == "https"


def test_everything_that_nginx_writes_is_in_the_data_folder(nginx: Proxy) -> None:
    folder = Path(nginx.server.environ["DATA_DIR"]) / "nginx"
    assert (folder / "nginx.pid").read_text().strip() == str(nginx.server.pid)
    assert {path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("conf")} == {
        "client_body",
        "proxy",
        "fastcgi",
        "uwsgi",
        "scgi",
    }
    assert "alert" not in nginx.server.output()
