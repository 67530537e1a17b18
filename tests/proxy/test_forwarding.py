"""Nginx in front of Gunicorn, over real sockets."""

import json
import os
import signal
import socket
import ssl
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path

import psutil
import pytest

from tests.servers import Proxy, free_port, gunicorn_server, nginx_server, wait_until
from tests.serving.conftest import APP

SPOOFED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "gopher",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Ssl": "off",
    "X-Forwarded-Protocol": "http",
    "X-Real-IP": "6.6.6.6",
    "Forwarded": "for=6.6.6.6",
    "X-Request-Id": "evil",
    "Proxy": "http://evil.example",
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


def test_slow_clients_do_not_keep_the_threads_of_the_application(tmp_path: Path) -> None:
    """More clients than threads send half a body and stop: a request is answered while they are still waited for."""
    few = {"GUNICORN_WORKERS": "1", "GUNICORN_THREADS": "2", "NOTES": str(tmp_path / "notes")}
    with gunicorn_server(APP, few) as app, nginx_server(int(app.environ["APP_PORT"])) as proxy:
        slow = [proxy.connect() for _ in range(8)]
        for connection in slow:
            connection.putrequest("POST", "/post")
            connection.putheader("Content-Length", "1000")
            connection.endheaders(b"x" * 500)
        response, _ = proxy.get("/pid")
        waited_for = [is_waited_for(connection) for connection in slow]
        for connection in slow:
            connection.close()
    assert response.status == 200
    assert all(waited_for)


def is_waited_for(connection: HTTPSConnection) -> bool:
    """Whether the server has neither answered nor hung up."""
    connection.sock.setblocking(False)
    try:
        connection.sock.recv(1)
    except ssl.SSLWantReadError:
        return True
    return False


def test_a_long_answer_arrives_whole(nginx: Proxy) -> None:
    _, body = nginx.get("/big")
    assert len(body) == 1_000_000


def flaky(listener: socket.socket, answers: list[bytes]) -> list[bytes]:
    """Serve one connection for each answer; an empty one hangs up after the request has been read."""
    requests = []
    for answer in answers:
        connection, _ = listener.accept()
        with connection:
            requests.append(connection.recv(65536))
            connection.sendall(answer)
    return requests


def test_a_get_whose_application_died_is_tried_again_and_a_post_is_not() -> None:
    import threading  # noqa: PLC0415

    good = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        served: list[bytes] = []
        with nginx_server(listener.getsockname()[1]) as proxy:
            for method, answers, status in (("GET", [b"", good], 200), ("POST", [b""], 502)):
                thread = threading.Thread(target=lambda given: served.extend(flaky(listener, given)), args=(answers,))
                thread.start()
                response, _ = proxy.request(method, "/", b"x" if method == "POST" else None)
                thread.join()
                assert response.status == status
    assert [request.split()[0] for request in served] == [b"GET", b"GET", b"POST"]


def test_a_unix_socket_can_be_between_them(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    bind = {"GUNICORN_BIND": f"unix:{path},127.0.0.1:{(port := free_port())}", "APP_PORT": str(port)}
    with (
        gunicorn_server(APP, bind),
        nginx_server(free_port(), {"GUNICORN_BIND": f"unix:{path}"}) as proxy,
    ):
        assert told(proxy)["scheme"] == "https"


def test_a_reload_keeps_serving(nginx: Proxy) -> None:
    before = {child.pid for child in psutil.Process(nginx.server.pid).children()}
    os.kill(nginx.server.pid, signal.SIGHUP)
    wait_until(lambda: not before & {child.pid for child in psutil.Process(nginx.server.pid).children()}, "new workers")
    response, _ = nginx.get("/pid")
    assert response.status == 200


def test_everything_that_nginx_writes_is_in_the_data_folder(nginx: Proxy) -> None:
    folder = Path(nginx.server.environ["DATA_DIR"]) / "nginx"
    assert (folder / "nginx.pid").read_text().strip() == str(nginx.server.pid)
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {
        "client_body",
        "proxy",
        "fastcgi",
        "uwsgi",
        "scgi",
    }
    assert "alert" not in nginx.server.output()
