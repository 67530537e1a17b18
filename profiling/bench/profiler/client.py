"""A client whose own cost is not measured: kept-alive connections, each with one request in flight at any time."""

import socket
from contextlib import ExitStack
from time import perf_counter
from typing import NamedTuple

CONNECTIONS = 4


class Answer(NamedTuple):
    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        return int(self.head[9:12])

    def header(self, name: str) -> str:
        prefix = name.lower() + ":"
        lines = self.head.decode("latin-1").split("\r\n")
        return next((line[len(prefix) :].strip() for line in lines if line.lower().startswith(prefix)), "")


class Clients:
    """Requests of one kind; use it as a context manager."""

    def __init__(self, port: int, path: str) -> None:
        self.port = port
        self.request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        self.stack = ExitStack()
        self.connections: list[socket.socket] = []

    def __enter__(self) -> "Clients":
        for _ in range(CONNECTIONS):
            opened = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections.append(self.stack.enter_context(opened))
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.close()

    def ask(self, seconds: float) -> int:
        """Ask for so long, and return how many answers came.

        Raises:
            RuntimeError: one was not 200.
        """
        answered, until = 0, perf_counter() + seconds
        while perf_counter() < until:
            for each in self.connections:
                each.sendall(self.request)
            for each in self.connections:
                if (answer := read(each)).status != 200:
                    raise RuntimeError(f"the bench got {answer.head!r} {answer.body[:200]!r}")
            answered += len(self.connections)
        return answered

    def one(self) -> Answer:
        self.connections[0].sendall(self.request)
        return read(self.connections[0])


def read(connection: socket.socket) -> Answer:
    """An answer with a Content-Length (RFC 9112, section 6.3)."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += received(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(Answer(head, b"").header("Content-Length"))
    while len(body) < length:
        body += received(connection)
    return Answer(head, body)


def received(connection: socket.socket) -> bytes:
    if not (data := connection.recv(65536)):
        raise ConnectionError("the server closed a connection that was to be kept")
    return data
