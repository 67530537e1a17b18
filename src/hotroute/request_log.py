"""WSGI middleware that gives each request an id, and writes a line of the log at its end."""

import atexit
import logging
import os
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from random import getrandbits
from threading import Event, Lock, Thread
from time import perf_counter, sleep, time
from traceback import print_exc
from typing import TYPE_CHECKING, Any, NamedTuple

from hotroute.fork_safety import reset_in_children
from hotroute.logging import gathering, request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("hotroute.request")

# What a proxy makes; anything else could forge lines or fill the disk.
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")

PAUSE = 0.02
"""Seconds for which requests wait for their lines to be written together."""

MOST = 10_000
"""Requests that wait; where nobody reads standard error, the others wait for that themselves."""


class RequestLog:
    """WSGI middleware: gives each request an id, sends it back as `X-Request-Id`, and writes one line at its end."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        logged = Logged(environ, start_response)
        try:
            logged.body = self.app(environ, logged.start)
        except BaseException:
            logged.close()
            raise
        return logged


class Logged:
    """One request on its way: what the server iterates over, and at whose end the line is written."""

    __slots__ = ("began", "body", "environ", "identity", "length", "respond", "status")

    def __init__(self, environ: "WSGIEnvironment", respond: "StartResponse") -> None:
        self.began = perf_counter()
        self.environ, self.respond = environ, respond
        self.identity = take(environ)
        self.status = 500
        self.length: str | None = None
        self.body: Iterable[bytes] = ()
        request_id.set(self.identity)

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        self.status = int(status[:3])
        self.length = next((value for name, value in headers if name == "Content-Length"), None)
        headers.append(("X-Request-Id", self.identity))
        return self.respond(status, headers, exc_info)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.body)

    def close(self) -> None:
        """WSGI's: the server has sent everything, or given up; or the application has raised."""
        try:
            if hasattr(self.body, "close"):
                self.body.close()
        finally:
            request_id.set(self.identity)
            if log.isEnabledFor(logging.INFO):
                say(self.ended())

    def ended(self) -> "Ended":
        environ, seconds = self.environ, perf_counter() - self.began
        method, path, client = environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""), environ.get("REMOTE_ADDR")
        return Ended(time(), self.identity, method, path, self.status, self.length, seconds, client)


def take(environ: "WSGIEnvironment") -> str:
    """The id that the proxy gave, or a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    # No secret, and no system call, which `secrets` would need.
    return given if WELL_FORMED.fullmatch(given) else f"{getrandbits(128):032x}"


class Ended(NamedTuple):
    """A request of which a line is to be written.

    Attributes:
        time: seconds of the epoch.
        path: as WSGI has it, without its query: what people send as parameters is not ours to keep.
        length: of the answer's content, as it says.
        seconds: that it took.
        client: its address.
    """

    time: float
    identity: str
    method: str
    path: str
    status: int
    length: str | None
    seconds: float
    client: str | None

    def line(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "path": self.path.encode("latin-1", "replace").decode("utf-8", "replace"),
            "status": self.status,
            "bytes": int(self.length) if self.length and self.length.isdecimal() else None,
            "ms": round(self.seconds * 1000, 2),
            "client": self.client,
            "request_id": self.identity,
        }


class RequestRecord(logging.LogRecord):
    """A record that does not ask anew for what is the same in each: the process, its name, the place in the code."""

    SAME = logging.makeLogRecord(
        {"name": log.name, "levelno": logging.INFO, "levelname": "INFO", "msg": "request"}
    ).__dict__

    def __init__(self, ended: Ended) -> None:
        self.__dict__ |= self.SAME | ended.line()
        self.created, self.process = ended.time, os.getpid()


def write(ended: Ended) -> None:
    # Not log.info(): it would look through the stack for the line of code that says so, which is this one.
    log.handle(RequestRecord(ended))


class Writer:
    """Writes lines many at a time, in a thread of its own.

    A line that a request writes by itself takes 30 us of CPU in a busy worker, a tenth of a hit of the cache: threads
    wait for each other at its system call, and between requests the processor forgets how it is done. A thread that
    writes all of the last 20 ms takes a third of that.
    """

    def __init__(self) -> None:
        self.waiting = deque[Ended]()
        self.some, self.writing = Event(), Lock()

    def start(self) -> None:
        Thread(target=self.run, name="hotroute-request-log", daemon=True).start()
        # After the threads that answer requests have ended.
        atexit.register(self.flush)
        reset_in_children(self)

    def reset_after_fork(self) -> None:
        """Leave the parent's lines to it, whose thread is not here."""
        write_at_once()
        self.waiting.clear()
        atexit.unregister(self.flush)

    def add(self, ended: Ended) -> None:
        if len(self.waiting) >= MOST:
            write(ended)
            return
        self.waiting.append(ended)
        if not self.some.is_set():
            self.some.set()

    def run(self) -> None:
        while True:
            self.some.wait()
            sleep(PAUSE)
            # First: who comes from now on sets it again.
            self.some.clear()
            # Such as a disk that is full: what comes later may be written again.
            with suppress(Exception):
                self.flush()

    def flush(self) -> None:
        with self.writing, gathering():
            for _ in range(len(self.waiting)):
                try:
                    write(self.waiting.popleft())
                except Exception:
                    # Of a handler that is not ours: the other lines are not to be lost for it.
                    print_exc()


say: Callable[[Ended], object] = write
"""At once, and in the request's own thread; unless `write_together` was called."""


def write_at_once() -> None:
    global say  # noqa: PLW0603
    say = write


def write_together() -> None:
    """From now on in this process, which answers many requests. Its end loses no line, and a kill those of `PAUSE`."""
    global say  # noqa: PLW0603
    writer = Writer()
    writer.start()
    say = writer.add
