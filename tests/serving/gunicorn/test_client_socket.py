"""What Gunicorn sends and how it waits, with no more system calls than that needs."""

import os
import socket
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.http.body import Body, LengthReader  # type: ignore[import-untyped]

from hotroute.serving.gunicorn.client_socket import GATHERED, LazyTimeoutSocket, Response

pytestmark = pytest.mark.unit

HEADERS = [("Content-Type", "text/plain")]


@pytest.fixture
def pair() -> Iterator[tuple[LazyTimeoutSocket, socket.socket]]:
    """A client's socket, and its other end, which receives what was sent by one call as one message."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    client = LazyTimeoutSocket(ours)
    yield client, theirs
    client.close()
    theirs.close()


Pair = tuple[LazyTimeoutSocket, socket.socket]


def response(client: LazyTimeoutSocket, method: str = "GET") -> Any:
    request = SimpleNamespace(
        body=Body(LengthReader(None, 0)), method=method, version=(1, 1), should_close=lambda: False
    )
    return Response(request, client, Config())


def received(end: socket.socket, number: int) -> list[bytes]:
    end.settimeout(5)
    return [end.recv(10 * GATHERED) for _ in range(number)]


def test_the_header_is_sent_with_the_first_of_the_content(pair: Pair) -> None:
    client, end = pair
    answer = response(client)
    answer.start_response("200 OK", [*HEADERS, ("Content-Length", "8")])
    answer.write(b"some")
    answer.write(b"more")
    first, second = received(end, 2)
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert first.endswith(b"\r\n\r\nsome")
    assert second == b"more"


def test_content_in_chunks_is_framed_as_ever(pair: Pair) -> None:
    client, end = pair
    answer = response(client)
    answer.start_response("200 OK", HEADERS)
    answer.write(b"some")
    answer.write(b"more")
    answer.close()
    first, second, last = received(end, 3)
    assert first.endswith(b"\r\n\r\n4\r\nsome\r\n")
    assert (second, last) == (b"4\r\nmore\r\n", b"0\r\n\r\n")


def test_an_answer_without_content_is_its_header(pair: Pair) -> None:
    client, end = pair
    answer = response(client, "HEAD")
    answer.start_response("200 OK", [*HEADERS, ("Content-Length", "4")])
    answer.write(b"some")
    answer.close()
    (only,) = received(end, 1)
    assert only.endswith(b"Content-Length: 4\r\n\r\n")


def test_much_content_is_not_copied(pair: Pair) -> None:
    client, end = pair
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * GATHERED)
    much = bytes(GATHERED + 1)
    answer = response(client)
    answer.start_response("200 OK", [*HEADERS, ("Content-Length", str(len(much)))])
    answer.write(much)
    header, content = received(end, 2)
    assert header.endswith(b"\r\n\r\n")
    assert content == much


def test_a_timeout_is_told_to_the_kernel_when_it_matters(pair: Pair) -> None:
    client, end = pair
    assert os.get_blocking(client.fileno())
    client.setblocking(False)
    assert (os.get_blocking(client.fileno()), client.gettimeout()) == (True, 0.0)
    with pytest.raises(BlockingIOError):
        client.recv(1)
    client.settimeout(0.01)
    with pytest.raises(TimeoutError):
        client.recv(1)
    client.setblocking(True)
    assert (os.get_blocking(client.fileno()), client.gettimeout()) == (False, None)
    client.sendall(b"x")
    assert os.get_blocking(client.fileno())
    assert received(end, 1) == [b"x"]


def test_content_that_is_none_was_not_sent_in_part(pair: Pair) -> None:
    client, _ = pair
    answer = response(client)
    answer.start_response("200 OK", HEADERS)
    with pytest.raises(TypeError):
        answer.write("text")
    assert not answer.headers_sent


def test_what_an_application_does_with_the_socket_is_told_to_the_kernel_too(pair: Pair) -> None:
    client, end = pair
    client.setblocking(False)
    with pytest.raises(BlockingIOError):
        client.recv_into(bytearray(1))
    client.setblocking(True)
    with client.dup() as another:
        another.sendall(b"x")
    assert received(end, 1) == [b"x"]
