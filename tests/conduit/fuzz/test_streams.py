"""Bytes that are no HTTP, or nearly, at Gunicorn itself: it refuses them or hangs up, and serves the next one.

PROVE_STREAMS is their number: 200 in `make test`, more in `make prove`.
"""

import json
import os
import random
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import psutil
import pytest

from tests.conduit.contract.shape import is_error
from tests.conduit.fuzz.conftest import requests_seen
from tests.servers import Server, status

STREAMS = int(os.environ.get("PROVE_STREAMS", "200"))
MEBIBYTE = 1024 * 1024
LOGIN = b'{"user": {"email": "jake@example.com", "password": "correct horse battery"}}'
POST = b"POST /api/users/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
GOOD = (
    b"GET /api/articles?limit=5&offset=1 HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n",
    b"GET /api/user HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token e30.e30.e30\r\nConnection: close\r\n\r\n",
    POST + b"Content-Length: %d\r\n\r\n%s" % (len(LOGIN), LOGIN),
    POST + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(LOGIN), LOGIN),
    b"GET /api/tags HTTP/1.1\r\nHost: a\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n",
)
BAD = (
    b"",
    b"\r\n\r\n",
    b"\0" * 1000,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS at the plain port
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /api/tags\r\n",
    b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nX : y\r\n\r\n",
    b"GET / HTTP/1.1\r\n X: folded\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: a\rb\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
    b"G\xc3\x8bT / HTTP/1.1\r\n\r\n",
    b"GET http://[::1/ HTTP/1.1\r\n\r\n",
    b"GET //\\..\\ HTTP/1.1\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
    POST + b"Content-Length: -1\r\n\r\n{}",
    POST + b"Content-Length: 1e3\r\n\r\n{}",
    POST + b"Content-Length: 99999999999999999999\r\n\r\n{}",
    POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    POST + b"Content-Length: 100\r\n\r\n{}",
    POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 100 + b"\r\n{}\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}X\r\n0\r\n\r\n",
    POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
    POST + b"Expect: the unexpected\r\nContent-Length: 2\r\n\r\n{}",
)


def streams(number: int) -> list[bytes]:
    """Those above first, then good requests that somebody stepped on; the same ones each time."""
    dice = random.Random(number)
    return [*BAD, *(trampled(dice) for _ in range(number - len(BAD)))]


def trampled(dice: random.Random) -> bytes:
    stream = bytearray(dice.choice(GOOD))
    for _ in range(dice.randint(1, 6)):
        dice.choice(STEPS)(stream, dice, dice.randrange(len(stream) + 1))
    return bytes(stream)


def flip(stream: bytearray, dice: random.Random, place: int) -> None:
    stream[place : place + 1] = dice.randbytes(1)


def insert(stream: bytearray, dice: random.Random, place: int) -> None:
    stream[place:place] = dice.randbytes(dice.choice((1, 2, 50, 5000)))


def cut(stream: bytearray, dice: random.Random, place: int) -> None:
    del stream[place : place + dice.randint(1, 40)]


def repeat(stream: bytearray, dice: random.Random, place: int) -> None:
    stream[place:place] = stream[place : place + 30] * dice.choice((1, 3, 300))


def end(stream: bytearray, dice: random.Random, place: int) -> None:
    del stream[place:]


def punctuate(stream: bytearray, dice: random.Random, place: int) -> None:
    stream[place:place] = dice.choice((b"\r", b"\n", b"\r\n", b"\r\n\r\n", b" ", b":", b"\0", b"%00", b"\xff", b"\t"))


STEPS: tuple[Callable[[bytearray, random.Random, int], None], ...] = (flip, insert, cut, repeat, end, punctuate)


def exchange(server: Server, stream: bytes) -> bytes:
    """Send it and nothing more; what comes back until the server hangs up, which it may do before it was all sent."""
    answer = bytearray()
    with socket.create_connection(("127.0.0.1", int(server.environ["APP_PORT"])), timeout=30) as connection:
        with suppress(ConnectionError):
            connection.sendall(stream)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while part := connection.recv(65536):
                answer += part
    return bytes(answer)


def workers(server: Server) -> set[int]:
    return {child.pid for child in psutil.Process(server.pid).children()}


@pytest.mark.timeout(300 + STREAMS)
def test_malformed_bytes_leave_the_server_alive_and_well(server: Server) -> None:
    before = workers(server)
    with ThreadPoolExecutor(8) as senders:
        answers = list(senders.map(lambda stream: exchange(server, stream), streams(STREAMS)))
    assert [answer for answer in answers if answer.startswith(b"HTTP/1.1 500")] == []
    assert any(answer.startswith(b"HTTP/1.1 4") for answer in answers)
    assert [seen for seen in requests_seen(server) if seen["status"] >= 500] == []
    assert "unexpected error" not in server.output()
    assert before <= workers(server)
    assert status(int(server.environ["APP_PORT"]), "/api/tags") == 200


def test_good_requests_are_good_before_they_are_stepped_on(server: Server) -> None:
    statuses = [exchange(server, stream).split(b"\r\n")[0] for stream in GOOD]
    assert [line[9:12] for line in statuses] == [b"200", b"401", b"401", b"401", b"200"]


CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n%s\r\n" % (b" " * 65536)
RAW = {
    "a token that is not ASCII": (b"GET /api/user HTTP/1.1\r\nHost: a\r\nAuthorization: Token \xff\r\n\r\n", 401),
    "a path that is not UTF-8": (b"GET /api/articles/%FF HTTP/1.1\r\nHost: a\r\n\r\n", 404),
    "a body over 1 MiB": (POST + b"Content-Length: %d\r\n\r\n" % (MEBIBYTE + 1) + b" " * (MEBIBYTE + 1), 413),
    "chunks over 1 MiB": (CHUNKED + CHUNK * 16 + b"1\r\n \r\n0\r\n\r\n", 413),
    "chunks of 1 MiB": (CHUNKED + CHUNK * 16 + b"0\r\n\r\n", 400),
    "a body that breaks off": (POST + b"Content-Length: 100\r\n\r\n{}", 400),
    "chunks that break off": (CHUNKED + b"10\r\n{}", 400),
    "a chunk of no size": (CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk of a negative size": (CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n", 400),
    "a chunk longer than its size": (CHUNKED + b"2\r\n{}X\r\n0\r\n\r\n", 400),
}


@pytest.mark.parametrize(("stream", "expected"), RAW.values(), ids=RAW)
def test_what_reaches_the_api_is_refused_in_its_shape(server: Server, stream: bytes, expected: int) -> None:
    head, _, body = exchange(server, stream).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % expected), head
    assert is_error(json.loads(body))
