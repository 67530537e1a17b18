"""Conduit refuses an upload as what it is, however large it is and on whichever way it comes."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from itertools import cycle, islice, product
from typing import NamedTuple

import pytest

from tests.conduit.journey.conftest import FrontEnd
from tests.servers import Proxy
from tests.serving.nginx import http2

COUNT = int(os.environ.get("PROVE_REFUSALS", "36"))
SIZES = (100_000, 400_000)
JSON = ("Content-Type", "application/json")


class Refused(NamedTuple):
    """A call that Conduit refuses without a look at its body."""

    status: int
    method: str
    path: str
    fields: dict[str, str]


@pytest.fixture(scope="module")
def refused(proxy: Proxy) -> list[Refused]:
    """Each kind of refusal, for each method that brings a body."""
    author = FrontEnd(proxy)
    author.register("uploader")
    token = {"Authorization": f"Token {author.token}"}
    wrong = {"Authorization": f"Token {author.token[:-8]}AAAAAAAA"}
    return [
        Refused(401, "POST", "/api/articles", dict([JSON])),
        Refused(401, "DELETE", "/api/articles/none", dict([JSON])),
        Refused(401, "PUT", "/api/user", wrong | dict([JSON])),
        Refused(404, "PATCH", "/api/nothing", dict([JSON])),
        Refused(404, "POST", "/api/nothing", token | dict([JSON])),
        Refused(405, "PUT", "/api/tags", dict([JSON])),
        Refused(405, "DELETE", "/api/user", token | dict([JSON])),
        Refused(415, "POST", "/api/articles", token | {"Content-Type": "text/plain"}),
        Refused(415, "PUT", "/api/user", token | {"Content-Type": "text/plain"}),
    ]


def send_all(connection: HTTPConnection, refused: list[Refused]) -> Counter[tuple[int, int]]:
    """Return how often which status was expected, and seen, on one connection that is kept where it may be."""
    seen: Counter[tuple[int, int]] = Counter()
    with closing(connection):
        for call, size, is_chunked in islice(cycle(product(refused, SIZES, (False, True))), COUNT):
            body: Iterator[bytes] | bytes = iter([b"z" * size]) if is_chunked else b"z" * size
            connection.request(call.method, call.path, body, call.fields, encode_chunked=is_chunked)
            response = connection.getresponse()
            response.read()
            seen[call.status, response.status] += 1
    return seen


def connect_directly(proxy: Proxy) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", int(proxy.server.environ["APP_PORT"]), timeout=30)


@pytest.mark.parametrize("connect", [Proxy.connect, connect_directly])
def test_on_a_connection_that_is_kept(
    proxy: Proxy, refused: list[Refused], connect: Callable[[Proxy], HTTPConnection]
) -> None:
    seen = send_all(connect(proxy), refused)
    assert {pair for pair in seen if pair[0] != pair[1]} == set(), seen


def test_over_http2(proxy: Proxy, refused: list[Refused]) -> None:
    seen: Counter[tuple[int, int]] = Counter()
    for call, size in islice(cycle(product(refused, SIZES)), COUNT // 2):
        fields = [(name.lower().encode(), value.encode()) for name, value in call.fields.items()]
        answer = http2.ask(proxy, call.method.encode(), call.path.encode(), fields, b"z" * size)
        seen[call.status, answer.status] += 1
    assert {pair for pair in seen if pair[0] != pair[1]} == set(), seen
