"""An application's answer as it comes: read where it is small and says its length, and otherwise passed on."""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any

from werkzeug.wsgi import ClosingIterator

from hotroute.cache.http.policy import LARGEST, Headers, length_of, merge_headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

WRITTEN = "Hotroute; fwd=miss; stored=?0; detail=STREAMED"


class BufferedResponse:
    """
    Args:
        start_response: the server's.
        method: of the request; the application itself is asked for GET.
    """

    def __init__(self, start_response: "StartResponse", method: str) -> None:
        self.start_response, self.method = start_response, method
        self.status, self.headers = "", list[tuple[str, str]]()
        self.rest: Iterable[bytes] = ()
        self.send: Callable[[bytes], object] | None = None
        self.complete = True

    def start(self, status: str, headers: Headers, exc_info: Any = None) -> Callable[[bytes], object]:
        if exc_info and self.send:
            raise exc_info[1].with_traceback(exc_info[2])
        self.status, self.headers = status, list(headers)
        return self.write

    def write(self, data: bytes) -> None:
        """WSGI's other way to answer (PEP 3333): what is written is on its way, so nothing is kept."""
        if self.send is None:
            self.send = self.start_response(self.status, [*self.headers, ("Cache-Status", WRITTEN)])
        if self.method != "HEAD":
            self.send(data)

    def read(self, answer: Iterable[bytes]) -> bytes | None:
        """The whole body; None for one that is streamed or large, which `replay` passes on as it comes."""
        if not self.status:
            answer = begun(answer)
        length = length_of(self.status, merge_headers(self.headers))
        if self.send or not (length.isdecimal() and int(length) <= LARGEST):
            self.rest = answer
            return None
        return self.collect(answer, int(length))

    def collect(self, answer: Iterable[bytes], length: int) -> bytes:
        parts, size = list[bytes](), 0
        try:
            for part in answer:
                parts.append(part)
                size += len(part)
                if size > length:
                    break
        finally:
            close(answer)
        self.complete = size == length
        return b"".join(parts)

    def replay(self, headers: Headers, body: bytes | None) -> Iterable[bytes]:
        """Answer what was recorded, with these header fields."""
        if self.send is None:
            self.start_response(self.status, headers)
        if self.method == "HEAD":
            self.close()
            return []
        return self.rest if body is None else [body]

    def close(self) -> None:
        close(self.rest)


def begun(answer: Iterable[bytes]) -> Iterable[bytes]:
    """An application may call `start_response` as late as with its first bytes (PEP 3333)."""
    rest = iter(answer)
    try:
        first = next(rest, b"")
    except BaseException:
        close(answer)
        raise
    return ClosingIterator(chain([first], rest), [answer.close] if hasattr(answer, "close") else [])


def close(answer: Iterable[bytes]) -> None:
    if hasattr(answer, "close"):
        answer.close()
