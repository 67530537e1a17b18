"""Gunicorn's threaded worker: its threads find their requests themselves, and nobody is left waiting at the door."""

import socket
from math import inf
from time import monotonic
from typing import Any

import orjson
from gunicorn.http import wsgi  # type: ignore[import-untyped]
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker  # type: ignore[import-untyped]

from hotroute.serving import door
from hotroute.serving.client import Client, Response
from hotroute.serving.waiting import Connections, Threads

wsgi.Response = Response

REST = 0.001
"""Seconds; a poller's timeout is in milliseconds."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """Where it differs from Gunicorn's own (27.0.1):

    Its threads wait for readable connections themselves. Gunicorn's main thread does that for them and hands each
    request over, and gets each connection back: twice in each request one thread wakes the other, which is a third of
    what the least request costs.

    Who has more connections than threads lets others accept, after each few of its own. Of a proxy's, which come at
    once and stay, whoever woke first had often all: one process served them with its one interpreter, and half the
    machine idled.

    A worker that stops serves who has connected already, and closes its listening sockets at once. Gunicorn's keeps
    them open for as long as it has connections, without accepting: whoever connects in those seconds is reset in the
    end, with a request already sent. A closed port is refused, and Nginx asks the next server, be it for a POST. While
    other workers listen on the same sockets, closing these changes nothing.
    """

    taken, resting_until = 0, 0.0

    def accept(self, listener: Any) -> None:
        super().accept(listener)
        if self.alive and self.nr_conns > self.cfg.threads and self.cfg.workers > 1:
            self.taken += 1
            # Not after each: there are clients that connect for every request.
            if self.taken >= self.cfg.threads:
                self.taken, self.resting_until = 0, monotonic() + REST
                self.set_accept_enabled(False)

    def get_thread_pool(self) -> Threads:
        """Called once in the worker's process."""
        self.keepalived_conns = Connections()
        return Threads(self.cfg.threads, self.serve)

    def run(self) -> None:
        self.tpool.start()
        super().run()

    def enqueue_req(self, conn: Any) -> None:
        """A client has connected."""
        conn.sock, conn.data_ready = Client(conn.sock), True
        self.keep(conn, known=False)

    def keep(self, conn: Any, *, known: bool) -> None:
        conn.set_timeout()
        if not self.alive:
            # It was told that it can go on, and may be sending.
            conn.timeout = min(conn.timeout, monotonic() + STOP_KEEPALIVE_LINGER)
        self.keepalived_conns.add(conn, known=known)

    def serve(self) -> None:
        """What each thread does."""
        while True:
            if conn := self.keepalived_conns.wait():
                self.answer(conn)

    def answer(self, conn: Any) -> None:
        try:
            kept = self.handle(conn)
            # What was read ahead makes no socket readable.
            while kept and conn.parser.unreader.buf.getvalue():
                kept = self.handle(conn)
        except BaseException:
            # Such as SystemExit, which an application may raise; the thread goes on.
            self.log.exception("A request ended its thread")
            kept = False
        if kept:
            self.keep(conn, known=True)
        else:
            conn.close(graceful=True)
            self.method_queue.defer(self.gone)

    def gone(self) -> None:
        """In the main thread, which counts."""
        self.nr_conns -= 1

    def murder_keepalived(self, force: bool = False) -> None:
        """Close those that have waited for too long."""
        while conn := self.keepalived_conns.take_first(inf if force else monotonic()):
            self.gone()
            conn.close()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        resting = self.resting_until - monotonic()
        super().wait_for_and_dispatch_events(min(timeout, resting) if resting > 0 else timeout)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Called before each wait for events, with whether it has room."""
        if not self.alive:
            super().set_accept_enabled(False)
            self.close_the_door()
        elif not (enabled and monotonic() < self.resting_until):
            super().set_accept_enabled(enabled)

    def close_the_door(self) -> None:
        # Once: who is told to stop while it starts comes here twice.
        while self.sockets:
            door.close(self.sockets.pop(), self.accept)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what never became a request for the application in the shape of its errors, not as HTML."""
        super().handle_error(req, Answer(client), addr, exc)


class Answer:
    """A client's socket, to which Gunicorn's page for an error goes as JSON with the same status.

    Args:
        client: who gets it.
    """

    def __init__(self, client: socket.socket) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def sendall(self, page: bytes) -> None:
        status_line = page.partition(b"\r\n")[0]
        _, status, phrase = status_line.decode("latin-1").split(maxsplit=2)
        why = "" if status == "500" else "the request was refused before the application saw it: "
        body = orjson.dumps({"errors": {"body": [why + phrase.lower()]}})
        head = b"Connection: close\r\nContent-Type: application/json\r\nContent-Length: %d" % len(body)
        self.client.sendall(b"\r\n".join((status_line, head, b"", body)))
