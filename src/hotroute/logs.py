"""JSON lines: one for each request, each with the request's id."""

import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from random import getrandbits
from time import perf_counter, time
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("hotroute.request")
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

# What a proxy makes; anything else could forge lines or fill the disk.
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")


def config(level: str = "INFO") -> dict[str, Any]:
    """For `logging.config.dictConfig`, and for Gunicorn's `logconfig_dict`.

    Args:
        level: the root logger's level, such as "INFO".
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": "hotroute.logs.RequestId"}},
        "formatters": {
            "json": {"()": "hotroute.logs.JsonLine"},
        },
        "handlers": {
            "stderr": {"class": "hotroute.logs.Stderr", "formatter": "json", "filters": ["request_id"]},
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            # One line for each of its parts, in every process that imports it.
            "alembic.runtime.plugins": {"level": "WARNING"},
        },
    }


class JsonLine(logging.Formatter):
    """A record as one line of JSON, what was given as `extra` included."""

    OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName", "request"}

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "time": datetime.fromtimestamp(record.created, UTC),
            **(record.request if isinstance(record, RequestRecord) else {}),
        }
        line |= {name: value for name, value in record.__dict__.items() if name not in self.OWN and name not in line}
        if record.exc_info:
            line["exc_info"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


class Stderr(logging.Handler):
    """Each record by one write(2) to standard error, which the kernel keeps apart from others.

    `logging.StreamHandler` writes under a lock, and whoever holds that gives up the interpreter's in the meantime: the
    threads of a busy worker then wait for each other at every line, a tenth of what a hit of the cache costs.
    """

    def handle(self, record: logging.LogRecord) -> bool:
        """Without `Handler.handle`'s lock."""
        kept = bool(self.filter(record))
        if kept:
            self.emit(record)
        return kept

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n".encode()
            while line:
                line = line[os.write(2, line) :]
        except Exception:
            self.handleError(record)


class RequestId(logging.Filter):
    """Adds the id of the request that a record belongs to, if it belongs to one."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True


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
        self.length: int | None = None
        self.body: Iterable[bytes] = ()
        request_id.set(self.identity)

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        self.status = int(status[:3])
        self.length = next((int(value) for name, value in headers if name == "Content-Length"), None)
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
            write(self.environ, self.status, self.length, perf_counter() - self.began)


def take(environ: "WSGIEnvironment") -> str:
    """The id that the proxy gave, or a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    # No secret, and no system call, which `secrets` would need.
    return given if WELL_FORMED.fullmatch(given) else f"{getrandbits(128):032x}"


def write(environ: "WSGIEnvironment", status: int, length: int | None, seconds: float) -> None:
    # The path without its query: what people send as parameters is not ours to keep.
    if log.isEnabledFor(logging.INFO):
        line = {
            "method": environ["REQUEST_METHOD"],
            "path": environ.get("PATH_INFO", "").encode("latin-1", "replace").decode("utf-8", "replace"),
            "status": status,
            "bytes": length,
            "ms": round(seconds * 1000, 2),
            "client": environ.get("REMOTE_ADDR"),
        }
        # Not log.info(): it would look through the stack for the line of code that says so, which is this one.
        log.handle(RequestRecord(line))


class RequestRecord(logging.LogRecord):
    """A record that does not ask anew for what is the same in each: the process, its name, the place in the code.

    Attributes:
        request: what the record says, besides as attributes of its own, as `extra` does.
    """

    SAME = logging.makeLogRecord(
        {"name": log.name, "levelno": logging.INFO, "levelname": "INFO", "msg": "request"}
    ).__dict__

    def __init__(self, line: dict[str, Any]) -> None:
        self.__dict__ |= self.SAME | line
        self.created, self.process, self.request = time(), os.getpid(), line
