"""How full the cache's store is, asked now and then."""

from contextlib import suppress
from time import monotonic
from typing import Any

from hotroute.cache.link import Unreachable

SELDOM = 30.0
"""Seconds between two questions; all workers ask."""


class Gauges:
    """
    Args:
        store: a `RedisStore`, a `MemoryStore` or None.
    """

    def __init__(self, store: Any) -> None:
        self.store, self.next = store, 0.0

    def read(self) -> dict[str, float]:
        """ "memory" in bytes, "entries", and "evictions" since the server began; empty between two questions."""
        if self.store is None or monotonic() < self.next:
            return {}
        self.next = monotonic() + SELDOM
        if link := getattr(self.store, "link", None):
            with suppress(Unreachable):
                return of_redis(link)
            return {}
        return {"entries": float(len(self.store.entries))} if hasattr(self.store, "entries") else {}


def of_redis(link: Any) -> dict[str, float]:
    memory, stats, size = link.call_all([("INFO", "memory"), ("INFO", "stats"), ("DBSIZE",)])
    found = {}
    for name, reply, line in (("memory", memory, b"used_memory"), ("evictions", stats, b"evicted_keys")):
        if isinstance(reply, bytes) and (value := dict(pairs(reply)).get(line)):
            found[name] = float(value)
    return found | ({"entries": float(size)} if isinstance(size, int) else {})


def pairs(reply: bytes) -> list[list[bytes]]:
    return [line.split(b":", 1) for line in reply.splitlines() if b":" in line]
