"""Where parts of the engine tell what they do: a close look at a request listens, and counts add up for everybody."""

import os
from contextvars import ContextVar
from threading import Lock
from typing import Protocol


class Listener(Protocol):
    """Somebody who looks at the current request closely."""

    def record_event(self, kind: str, began: float, text: str) -> None:
        """An operation has ended.

        Args:
            kind: "sql", "cache" or "http".
            began: seconds of `time.perf_counter`.
            text: the statement, the operation's name, or method and host.
        """


CACHE_RESULT = "hotroute.told"
"""In the WSGI environment: what the cache in front of an application told of a request, a triple of strings.

The rule of the hot route, such as "/api/articles/<slug>"; what its `Cache-Status` says after "Hotroute; " (RFC 9211);
and the level of the store that answers hits, such as "redis". Absent where the route is not hot.
"""

current: ContextVar[Listener | None] = ContextVar("hotroute.instrumentation", default=None)

counts: dict[str, int] = {}
"""What has happened in this process since it began, by name."""

lock = Lock()


def reset_lock() -> None:
    """Replace the lock in a forked child: a thread of the parent may hold it."""
    global lock  # noqa: PLW0603
    lock = Lock()


os.register_at_fork(after_in_child=reset_lock)


def increment(name: str) -> None:
    with lock:
        counts[name] = counts.get(name, 0) + 1
