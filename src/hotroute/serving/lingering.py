"""Connections that the server has finished with while their client may still be sending.

Closing a socket with unread bytes resets it, and a reset discards an answer that the client has not read yet (RFC 9112,
section 9.6). So the server ends its own side, and discards what still comes until the client closes. Gunicorn 27 does
so too, but for 64 KiB and two seconds of its main thread; here no thread waits.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from selectors import EVENT_READ
from time import monotonic
from typing import Any

QUIET, LONGEST = 5.0, 30.0
"""Seconds without a byte, and in all, after which a connection is closed; Nginx has the same for its clients."""
STOPPING = 2.0
"""Seconds without a byte once the worker stops."""
CHUNK = 262_144


class Lingering:
    """Discard what clients still send, from the loop that waits for all connections.

    Args:
        poller: waits for sockets, and calls what they were registered with.
        on_close: is told of each connection that was closed.
    """

    def __init__(self, poller: Any, on_close: Callable[[], None]) -> None:
        self.poller, self.on_close = poller, on_close
        # The one that has been quiet for longest comes first.
        self.ends: dict[Any, float] = {}

    def add(self, conn: Any) -> None:
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, EVENT_READ, lambda _socket: self.discard(conn))
        except (OSError, ValueError, KeyError):
            self.close(conn)
            return
        conn.timeout = monotonic() + QUIET
        self.ends[conn] = monotonic() + LONGEST

    def discard(self, conn: Any) -> None:
        """Read once: others wait for the loop as well."""
        try:
            is_over = not conn.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            is_over = True
        if is_over or monotonic() >= self.ends[conn]:
            self.close(conn)
            return
        conn.timeout = monotonic() + QUIET
        self.ends[conn] = self.ends.pop(conn)

    def close_quiet(self, *, stopping: bool) -> None:
        now = monotonic() + (QUIET - STOPPING if stopping else 0)
        for conn in list(self.ends):
            if conn.timeout > now:
                break
            self.close(conn)

    def close(self, conn: Any) -> None:
        self.ends.pop(conn, None)
        with suppress(OSError, ValueError, KeyError):
            self.poller.unregister(conn.sock)
        conn.close()
        self.on_close()
