"""JSON lines, each with the id of the request that it belongs to."""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from select import PIPE_BUF
from typing import Any

from hotroute import json_text

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
gathered: ContextVar[list[bytes] | None] = ContextVar("gathered", default=None)


def config(level: str = "INFO") -> dict[str, Any]:
    """For `logging.config.dictConfig`, and for Gunicorn's `logconfig_dict`.

    Args:
        level: the root logger's level, such as "INFO".
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"request_id": {"()": "hotroute.logging.RequestId"}},
        "formatters": {
            "json": {"()": "hotroute.logging.JsonLine"},
        },
        "handlers": {
            "stderr": {"class": "hotroute.logging.Stderr", "formatter": "json", "filters": ["request_id"]},
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

    OWN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "level": record.levelname,
            "logger": record.name,
            "message": message(record),
            "time": datetime.fromtimestamp(record.created, UTC),
        }
        extra = {name: value for name, value in record.__dict__.items() if name not in self.OWN}
        line |= self.traces(record)
        return json_text.dump(line | {f"extra_{name}" if name in line else name: extra[name] for name in extra})

    def traces(self, record: logging.LogRecord) -> dict[str, str]:
        """Return where the record was made and what was raised, as far as it says so."""
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        found = {"exc_info": record.exc_text, "stack_info": record.stack_info}
        return {name: text for name, text in found.items() if text}


def message(record: logging.LogRecord) -> str:
    """Return the message; where its arguments do not fit, as it was written, with them behind it."""
    try:
        return record.getMessage()
    except Exception:
        text = json_text.describe(record.msg)
        return f"{text} {json_text.describe(record.args)}" if record.args else text


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
            waiting = gathered.get()
            if waiting is None:
                write(line)
            else:
                waiting.append(line)
        except Exception:
            self.handleError(record)


class RequestId(logging.Filter):
    """Adds the id of the request that a record belongs to, if it belongs to one and does not say so itself."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not hasattr(record, "request_id"):
            record.request_id = request_id.get()
        return True


@contextmanager
def gathering() -> Iterator[None]:
    """What this thread logs within the block is written at its end, by as few calls of write(2) as keep lines whole."""
    lines: list[bytes] = []
    reset = gathered.set(lines)
    try:
        yield
    finally:
        gathered.reset(reset)
        for part in whole(lines):
            write(part)


def whole(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Together as long as a pipe takes at once, with nothing of another process in between (pipe(7), PIPE_BUF)."""
    part = b""
    for line in lines:
        if part and len(part) + len(line) > PIPE_BUF:
            yield part
            part = b""
        part += line
    if part:
        yield part


def write(lines: bytes) -> None:
    while lines:
        lines = lines[os.write(2, lines) :]
