"""Gunicorn's threaded worker: its threads find their requests themselves, and nobody is left waiting at the door."""

import socket
from math import inf
from time import monotonic
from typing import Any

import orjson
from gunicorn.http import wsgi  # type: ignore[import-untyped]
from gunicorn.workers.gthread import (  # type: ignore[import-untyped]
    DEFAULT_WORKER_DATA_TIMEOUT,
    STOP_KEEPALIVE_LINGER,
    ThreadWorker,
)

from hotroute.serving import door
from hotroute.serving.client import Client, Response
from hotroute.serving.waiting import Connections, Threads, is_readable

wsgi.Response = Response

STALE = 0.5
"""Seconds after which no thread has yet to take the connection of which it was told: its number may be another's."""

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
        self.keepalived_conns, self.leaving = Connections(), list[Any]()
        return Threads(self.cfg.threads, self.keepalived_conns, self.answer)

    def run(self) -> None:
        self.tpool.start()
        try:
            super().run()
        finally:
            self.tpool.shutdown(wait=False)

    def enqueue_req(self, conn: Any) -> None:
        """A client has connected."""
        conn.sock, conn.data_ready = Client(conn.sock), True
        self.keep(conn, self.cfg.keepalive + DEFAULT_WORKER_DATA_TIMEOUT, known=False)

    def keep(self, conn: Any, seconds: float, *, known: bool) -> None:
        # Who was told that it can go on may be sending while the worker stops.
        conn.timeout = monotonic() + (seconds if self.alive else min(seconds, STOP_KEEPALIVE_LINGER))
        self.keepalived_conns.add(conn, known=known)

    def answer(self, conn: Any) -> None:
        try:
            kept = self.handle(conn)
            # What was read ahead makes no socket readable.
            while kept and conn.parser.unreader.buf.getvalue():
                kept = self.handle(conn)
            if kept:
                self.keep(conn, self.cfg.keepalive, known=True)
                return
        except BaseException:
            # Such as SystemExit, which an application may raise; the thread goes on.
            self.log.exception("A request ended its thread")
        self.leave(conn)

    def leave(self, conn: Any) -> None:
        self.keepalived_conns.forget(conn)
        try:
            conn.close(graceful=True)
        except Exception:
            # It is closed already.
            conn.close()
        finally:
            self.method_queue.defer(self.gone)

    def gone(self) -> None:
        """In the main thread, which counts."""
        self.nr_conns -= 1

    def murder_keepalived(self, force: bool = False) -> None:
        """Close those on which nothing has come in time; where something has, it waits for a thread."""
        now = monotonic()
        while conn := self.keepalived_conns.take_first(inf if force else now):
            if not force and is_readable(conn):
                self.keep(conn, max(self.cfg.keepalive, 1), known=True)
                continue
            self.keepalived_conns.forget(conn)
            self.leaving.append(conn)
            conn.timeout = now + STALE
        while self.leaving and (force or self.leaving[0].timeout <= now):
            conn = self.leaving.pop(0)
            if not force and is_readable(conn):
                self.keep(conn, max(self.cfg.keepalive, 1), known=False)
                continue
            conn.close()
            self.gone()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        resting = self.resting_until - monotonic()
        timeout = min(timeout, STALE) if self.leaving else timeout
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
