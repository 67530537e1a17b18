"""`python -m tests.forks.starting WAY PORT`: serve `tests.forks.app` from processes forked after its import."""

import multiprocessing
import os
import signal
import socket
import sys

from werkzeug.serving import make_server, run_simple

from tests.forks.app import app

CHILDREN = 3


def serve(listener: socket.socket) -> None:
    make_server("127.0.0.1", 0, app, threaded=True, fd=listener.fileno()).serve_forever()


def fork(listener: socket.socket) -> None:
    """With `os.fork`."""
    for _ in range(CHILDREN):
        if not os.fork():
            serve(listener)
    signal.pause()


def start(listener: socket.socket) -> None:
    """With `multiprocessing`."""
    context = multiprocessing.get_context("fork")
    children = [context.Process(target=serve, args=(listener,)) for _ in range(CHILDREN)]
    for child in children:
        child.start()
    for child in children:
        child.join()


def listen(port: int) -> socket.socket:
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    # Several processes wait for one connection: those that do not get it go on.
    listener.setblocking(False)
    return listener


if __name__ == "__main__":
    way, port = sys.argv[1], int(sys.argv[2])
    if way == "werkzeug":
        run_simple("127.0.0.1", port, app, processes=CHILDREN)
    elif way == "fork":
        fork(listen(port))
    else:
        start(listen(port))
