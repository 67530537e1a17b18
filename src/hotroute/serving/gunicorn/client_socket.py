"""A client's connection as Gunicorn's threads use it, with the system calls that a request needs and no others.

At each one a thread gives up the interpreter, and may have to wait for it.
"""

import socket
from typing import Any

from gunicorn.http import wsgi  # type: ignore[import-untyped]
from gunicorn.http.body import Body, ChunkedReader, LengthReader  # type: ignore[import-untyped]

GATHERED = 65_536
"""Bytes of content that are worth copying to send them with the header."""


class LazyTimeoutSocket(socket.socket):
    """A socket that tells the kernel of its timeout when it is about to wait.

    Gunicorn 27.0.1 sets it five times in a request, most of them to what it was.

    Args:
        accepted: that it takes the place of.
    """

    def __init__(self, accepted: socket.socket) -> None:
        super().__init__(accepted.family, accepted.type, accepted.proto, accepted.detach())
        super().settimeout(None)
        self.wanted: float | None = None
        self.told: float | None = None

    def gettimeout(self) -> float | None:
        return self.wanted

    def settimeout(self, value: float | None, /) -> None:
        self.wanted = value

    def setblocking(self, flag: bool, /) -> None:
        self.wanted = None if flag else 0.0

    def dup(self) -> "LazyTimeoutSocket":
        return LazyTimeoutSocket(socket.fromfd(self.fileno(), self.family, self.type, self.proto))

    def tell(self) -> None:
        if self.wanted != self.told:
            super().settimeout(self.wanted)
            self.told = self.wanted

    def recv(self, *arguments: Any) -> bytes:
        self.tell()
        return super().recv(*arguments)

    def recv_into(self, *arguments: Any) -> int:
        self.tell()
        return super().recv_into(*arguments)

    def send(self, *arguments: Any) -> int:
        self.tell()
        return super().send(*arguments)

    def sendall(self, *arguments: Any) -> None:
        self.tell()
        super().sendall(*arguments)

    def sendfile(self, *arguments: Any, **options: Any) -> int:
        self.tell()
        return super().sendfile(*arguments, **options)


class SendBuffer(list[bytes]):
    """What is sent to it."""

    sendall = list.append


class Response(wsgi.Response):  # type: ignore[misc]
    """Sends the header with the first of the content, where Gunicorn's sends one after the other."""

    req: Any
    sock: Any
    headers: list[tuple[str, str]]
    headers_sent: bool

    def process_headers(self, headers: list[tuple[str, str]]) -> None:
        """Have the proxy pass on each event of Server-Sent Events at once."""
        super().process_headers(headers)
        fields = {name.lower(): value for name, value in headers}
        if fields.get("content-type", "").startswith("text/event-stream"):
            self.headers.append(("X-Accel-Buffering", "no"))

    def default_headers(self) -> list[str]:
        """Announce the end of a connection whose request was not read: Gunicorn 27.0.1 may close it unannounced."""
        if not has_arrived(self.req.body):
            self.force_close()
        headers: list[str] = super().default_headers()
        return headers

    def write(self, data: bytes) -> None:
        if self.headers_sent or len(data) > GATHERED:
            super().write(data)
            return
        client, parts = self.sock, SendBuffer()
        self.sock = parts
        try:
            super().write(data)
        except BaseException:
            # Nothing was.
            self.headers_sent = False
            raise
        finally:
            self.sock = client
        client.sendall(b"".join(parts))


def has_arrived(body: Body) -> bool:
    """Return whether the rest of a request is in memory, so that reading it takes no waiting."""
    reader = body.reader
    if body.failed:
        return False
    if isinstance(reader, LengthReader):
        return not reader.length or reader.length <= len(reader.unreader.buf.getvalue())
    # Where its last chunk ends is known by reading only.
    return isinstance(reader, ChunkedReader) and reader.parser is None
