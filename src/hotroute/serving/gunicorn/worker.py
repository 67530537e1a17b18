"""Gunicorn's threaded worker: it takes no more than its share, leaves nobody waiting at the door, and errs in JSON."""

import socket
from time import monotonic
from typing import Any

import orjson
from gunicorn import util  # type: ignore[import-untyped]
from gunicorn.http import wsgi  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from hotroute.serving.gunicorn import listener_drain
from hotroute.serving.gunicorn.client_socket import LazyTimeoutSocket, Response
from hotroute.serving.lingering import Lingering

ACCEPT_PAUSE = 0.001
"""Seconds; a poller's timeout is in milliseconds."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """Where it differs from Gunicorn's own (27.0.1):

    Who has more connections than threads lets others accept, after each few of its own. Of a proxy's, which come at
    once and stay, whoever woke first had often all: one process served them with its one interpreter, and half the
    machine idled.

    A worker that stops serves who has connected already, and closes its listening sockets at once. Gunicorn's keeps
    them open for as long as it has connections, without accepting: whoever connects in those seconds is reset in the
    end, with a request already sent. A closed port is refused, and Nginx asks the next server, be it for a POST. While
    other workers listen on the same sockets, closing these changes nothing.

    A connection on which a client may still be sending is read to its end by the main loop before it is closed
    (`hotroute.serving.lingering`).

    Header and content are sent together, and the kernel is told of timeouts that matter
    (`hotroute.serving.gunicorn.client_socket`).
    """

    taken, resting_until = 0, 0.0

    def init_process(self) -> None:
        # Only in a process of this worker: importing this module changes nobody else's Gunicorn.
        wsgi.Response = Response
        util.close_graceful = leave_open
        super().init_process()

    def run(self) -> None:
        self.lingering = Lingering(self.poller, self.gone)
        super().run()

    def accept(self, listener: Any) -> None:
        super().accept(listener)
        if self.alive and self.nr_conns > self.cfg.threads and self.cfg.workers > 1:
            self.taken += 1
            # Not after each: there are clients that connect for every request.
            if self.taken >= self.cfg.threads:
                self.taken, self.resting_until = 0, monotonic() + ACCEPT_PAUSE
                self.set_accept_enabled(False)

    def enqueue_req(self, conn: Any) -> None:
        """Called with each connection that is readable, and with each new one."""
        if type(conn.sock) is socket.socket:
            conn.sock = LazyTimeoutSocket(conn.sock)
        super().enqueue_req(conn)

    def finish_request(self, conn: Any, fs: Any) -> None:
        """Called in the main thread with each connection that a request thread gives back."""
        if not fs.cancelled() and not fs.exception() and fs.result():
            super().finish_request(conn, fs)
        else:
            self.lingering.add(conn)

    def gone(self) -> None:
        """Count a connection that was closed, in the main thread."""
        self.nr_conns -= 1

    def murder_pending(self) -> None:
        """Called after each wait for events."""
        super().murder_pending()
        self.lingering.close_quiet(stopping=not self.alive)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        resting = self.resting_until - monotonic()
        super().wait_for_and_dispatch_events(min(timeout, resting) if resting > 0 else timeout)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Called before each wait for events, with whether it has room."""
        if not self.alive:
            super().set_accept_enabled(False)
            self.drain_listeners()
        elif not (enabled and monotonic() < self.resting_until):
            super().set_accept_enabled(enabled)

    def drain_listeners(self) -> None:
        # Once: who is told to stop while it starts comes here twice.
        while self.sockets:
            listener_drain.drain_listener(self.sockets.pop(), self.accept)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what never became a request for the application in the shape of its errors, not as HTML."""
        super().handle_error(req, JsonErrorSocket(client), addr, exc)


def leave_open(_client: socket.socket) -> None:
    """Take the place of Gunicorn's closing in a request thread, where an application fails after its header.

    The thread would wait for a slow client. The main loop closes the connection, as it does all others.
    """


class JsonErrorSocket:
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
