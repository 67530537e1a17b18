"""A second attempt is for what may be repeated, and for what was never sent."""

import socket
from pathlib import Path
from threading import Thread

import pytest

from tests.servers import free_port, nginx_server

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
BODIES = {"POST": b"x", "PATCH": b"x", "PUT": b"x"}


def serve(listener: socket.socket, answers: list[bytes], served: list[bytes]) -> None:
    """One connection for each answer; an empty one hangs up after the request has been read."""
    for answer in answers:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            return
        with connection:
            served.append(connection.recv(65536).split()[0])
            connection.sendall(answer)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"])
def test_a_broken_attempt_is_repeated_only_where_that_is_safe(program: Path, method: str) -> None:
    safe = method not in {"POST", "PATCH"}
    served: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(2)
        with nginx_server(listener.getsockname()[1], {"NGINX_PROGRAM": str(program)}) as proxy:
            thread = Thread(target=serve, args=(listener, [b"", GOOD], served))
            thread.start()
            response, body = proxy.request(method, "/", BODIES.get(method))
            thread.join()
    assert response.status == (200 if safe else 502)
    assert served == [method.encode()] * (2 if safe else 1)
    if not safe:
        assert b"may have been done, or not" in body
        assert "Retry-After" not in response.headers


def test_a_post_to_a_server_that_is_gone_goes_to_the_next_one(program: Path) -> None:
    """It was not sent, so it cannot have been executed."""
    served: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        upstreams = f"127.0.0.1:{free_port()}, 127.0.0.1:{listener.getsockname()[1]}"
        with nginx_server(1, {"NGINX_PROGRAM": str(program), "UPSTREAMS": upstreams}) as proxy:
            thread = Thread(target=serve, args=(listener, [GOOD] * 4, served))
            thread.start()
            statuses = [proxy.request("POST", "/", b"x")[0].status for _ in range(4)]
            thread.join()
    assert statuses == [200] * 4
    assert served == [b"POST"] * 4
