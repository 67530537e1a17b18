"""A WSGI application to serve: it tells who answered and what arrived, waits, and notes each POST it executes."""

import gc
import json
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from hotroute.request_log import RequestLog
from hotroute.serving import after_fork

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

imported_by = os.getpid()
forked: list[int] = []


@after_fork
def note_the_fork() -> None:
    forked.append(os.getpid())


@after_fork
def stop_the_first_worker() -> None:
    """With STOP_THE_FIRST_WORKER, the path of a file: TERM, at the moment at which Gunicorn would not hear it."""
    mark = Path(os.environ.get("STOP_THE_FIRST_WORKER", os.devnull))
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGTERM)


def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    views = {
        "/readyz": readiness,
        "/sleep": sleep,
        "/post": post,
        "/headers": headers,
        "/big": big,
        "/not-here": not_here,
        "/exit": leave,
    }
    status, body = views.get(environ["PATH_INFO"], who)(environ)
    note_the_arrival(environ)
    if environ["PATH_INFO"] == "/api/a%b?c":
        start_response("200 OK", [("Content-Type", "text/event-stream")])
        return events(environ)
    if environ["PATH_INFO"] == "/torn":
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "100")])
        return torn()
    if environ["PATH_INFO"] == "/wide":
        start_response("200 OK", [(f"X-{number}", "x" * 6000) for number in range(5)])
        return [b""]
    told = [("X-Request-Id", environ.get("HTTP_X_REQUEST_ID", "")), ("Cache-Status", "Hotroute; hit")]
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body))), *told])
    # A mistake in the application: WSGI wants bytes.
    return [body] if environ["PATH_INFO"] != "/text" else ["text"]  # type: ignore[list-item]


def events(environ: "WSGIEnvironment") -> Iterable[bytes]:
    """Send an event, and another one when the file of the query is there."""
    yield b"data: first\n\n"
    while not Path(environ["QUERY_STRING"]).exists():
        time.sleep(0.01)
    yield b"data: second\n\n"


def torn() -> Iterable[bytes]:
    """Fail once the header is with the client."""
    yield b"half"
    raise RuntimeError("the view fails after its header")


def note_the_arrival(environ: "WSGIEnvironment") -> None:
    """With ARRIVALS, the path of a file: a line with the request's id and its path, an append of which is atomic."""
    if file := os.environ.get("ARRIVALS"):
        arrived = json.dumps([environ.get("HTTP_X_REQUEST_ID"), environ["REQUEST_METHOD"], environ["PATH_INFO"]])
        with open(file, "ab", buffering=0) as arrivals:
            arrivals.write(arrived.encode() + b"\n")


def who(environ: "WSGIEnvironment") -> tuple[str, bytes]:
    asked = {"path": environ["PATH_INFO"], "query": environ["QUERY_STRING"]}
    own = {"pid": os.getpid(), "imported_by": imported_by, "forked": forked, "frozen": gc.get_freeze_count()}
    return "200 OK", json.dumps(own | asked).encode()


def readiness(environ: "WSGIEnvironment") -> tuple[str, bytes]:
    reason = os.environ.get("UNREADY", "")
    return ("503 Service Unavailable", reason.encode()) if reason else who(environ)


def sleep(environ: "WSGIEnvironment") -> tuple[str, bytes]:
    time.sleep(float(parse_qs(environ["QUERY_STRING"])["s"][0]))
    return who(environ)


def post(environ: "WSGIEnvironment") -> tuple[str, bytes]:
    """Append the body, one line, to the file NOTES: an append of a short line is atomic."""
    line = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    with open(os.environ["NOTES"], "ab", buffering=0) as notes:
        notes.write(line + b"\n")
    return "200 OK", b"{}"


def headers(environ: "WSGIEnvironment") -> tuple[str, bytes]:
    told = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
    peer = environ.get("REMOTE_PORT", "")
    return "200 OK", json.dumps(told | {"scheme": environ["wsgi.url_scheme"], "peer": peer}).encode()


def big(environ: "WSGIEnvironment") -> tuple[str, bytes]:
    return "200 OK", b"x" * int(parse_qs(environ["QUERY_STRING"]).get("bytes", ["1000000"])[0])


def leave(_environ: "WSGIEnvironment") -> tuple[str, bytes]:
    raise SystemExit


def not_here(_environ: "WSGIEnvironment") -> tuple[str, bytes]:
    return "404 Not Found", b'{"errors": {"article": ["not found"]}}'


logged = RequestLog(app)
