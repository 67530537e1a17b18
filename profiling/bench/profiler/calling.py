"""Applications in one process, called without a server: `python -m profiling.bench.profiler.calling NAME PATH`.

The first line of its input is a JSON object of their kinds, each with its environment. It says what each answers once
it is warm, and then the seconds of CPU of the calling thread: to a line `KIND CALLS` for the calls, to `KIND write` for
writing down what was called since, in place of the profiler's thread that does it every two seconds.
"""

import io
import json
import logging
import os
import sys
import time
from typing import TYPE_CHECKING, Any

from hotroute.profiler.options import EXTENSION
from hotroute.profiler.worker import flusher
from profiling.bench.profiler import applications

if TYPE_CHECKING:
    from flask import Flask

WARMING = 300
NEVER = 3600.0
SETTLING = 2.5
"""Seconds until a Redis that has just started is trusted, and the profiler's threads run."""


def main(name: str, path: str) -> None:
    # The log's lines cost the same with and without, and would fill what the parent reads.
    logging.disable(logging.CRITICAL)
    flusher.INTERVAL = NEVER
    apps = {kind: make(name, environ) for kind, environ in json.loads(sys.stdin.readline()).items()}
    for app in apps.values():
        call(app, path)
    time.sleep(SETTLING)
    answered = {kind: [call(app, path) for _ in range(WARMING)][-1] for kind, app in apps.items()}
    print(json.dumps(answered), flush=True)
    for line in sys.stdin:
        kind, _, count = line.strip().rpartition(" ")
        print(write_down(apps[kind]) if count == "write" else call_all(apps[kind], path, int(count)), flush=True)


def make(name: str, environ: dict[str, str]) -> "Flask":
    os.environ.update(environ)
    return applications.MAKERS[name]()


def call_all(app: "Flask", path: str, count: int) -> float:
    began = time.thread_time()
    for _ in range(count):
        call(app, path)
    return time.thread_time() - began


def write_down(app: "Flask") -> float:
    began = time.thread_time()
    app.extensions[EXTENSION].flusher.flush()
    return time.thread_time() - began


def call(app: "Flask", path: str) -> str:
    """The status and the `Cache-Status` of the answer, once it was read to its end."""
    told = list[Any]()

    def start(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:
        told[:] = [status, dict(headers).get("Cache-Status", "")]

    answer = app(environ(path), start)
    for _ in answer:
        pass
    if hasattr(answer, "close"):
        answer.close()
    return " ".join(told)


def environ(path: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
