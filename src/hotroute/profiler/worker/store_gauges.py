"""How full the cache's store is, asked now and then."""

from contextlib import suppress
from time import monotonic
from typing import Any

from hiredis import HiredisError

from hotroute.cache.redis_client.client import Pool
from hotroute.cache.redis_client.endpoint import Endpoint

SELDOM = 30.0
"""Seconds between two questions; all workers ask."""

PATIENCE = 1.0
"""Seconds for an answer. It is asked on a connection of its own: an INFO that comes late is no outage of the cache,
whose breaker must not know of it."""


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
            with suppress(OSError, HiredisError):
                return of_redis(link.pool.place)
            return {}
        return {"entries": float(len(self.store.entries))} if hasattr(self.store, "entries") else {}


def of_redis(place: Endpoint) -> dict[str, float]:
    """By INFO alone, which a user of the cache may use.

    Raises:
        OSError, hiredis.HiredisError: no answer within `PATIENCE`, or not a useful one.
    """
    deadline = monotonic() + PATIENCE
    wire = Pool(place).acquire(deadline)
    try:
        replies = wire.execute([("INFO", section) for section in ("memory", "stats", "keyspace")], deadline)
    finally:
        wire.close()
    memory, stats, keys = map(lines, replies)
    found = {"memory": memory.get("used_memory"), "evictions": stats.get("evicted_keys")}
    entries = [int(value.partition("keys=")[2].partition(",")[0]) for name, value in keys.items() if name[:2] == "db"]
    return {name: float(value) for name, value in found.items() if value} | {"entries": float(sum(entries))}


def lines(reply: Any) -> dict[str, str]:
    text = reply.decode() if isinstance(reply, bytes) else ""
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
