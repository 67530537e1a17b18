"""A worker whose threads wait for requests themselves: `GUNICORN_WORKER_CLASS=hotroute.serving.shared.Worker`."""

from math import inf
from time import monotonic
from typing import Any

from gunicorn.workers.gthread import (  # type: ignore[import-untyped]
    DEFAULT_WORKER_DATA_TIMEOUT,
    STOP_KEEPALIVE_LINGER,
)

from hotroute.serving import worker
from hotroute.serving.client import Client
from hotroute.serving.waiting import Connections, Threads, is_readable

STALE = 0.5
"""Seconds after which no thread has yet to take the connection of which it was told: its number may be another's."""


class Worker(worker.Worker):
    """Gunicorn's main thread waits for all connections, hands each request over to a thread, and gets the connection
    back: twice in each request one thread wakes another. Here each waits by itself, and the main thread only accepts
    connections and closes what idles.
    """

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
        super().wait_for_and_dispatch_events(min(timeout, STALE) if self.leaving else timeout)
