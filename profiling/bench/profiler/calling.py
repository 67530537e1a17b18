"""One application in a process of its own, called without a server: `python -m profiling.bench.profiler.calling NAME`.

Reads numbers of calls from its input, a line each, and answers with the seconds of CPU of the calling thread.
"""

import io
import logging
import sys
import time
from typing import TYPE_CHECKING, Any

from profiling.bench.profiler import applications

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

WARMING = 300
SETTLING = 2.5
"""Seconds until a Redis that has just started is trusted, and the profiler's threads run."""


def main(name: str, path: str) -> None:
    # The log's lines cost the same with and without, and would fill what the parent reads.
    logging.disable(logging.CRITICAL)
    app = getattr(applications, name)
    call(app, path)
    time.sleep(SETTLING)
    answered = [call(app, path) for _ in range(WARMING)]
    print(answered[-1], flush=True)
    for line in sys.stdin:
        count, began = int(line), time.thread_time()
        for _ in range(count):
            call(app, path)
        print(time.thread_time() - began, flush=True)


def call(app: "WSGIApplication", path: str) -> str:
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
