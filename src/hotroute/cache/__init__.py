"""The response cache: hot routes answered in front of the application, and never older than a committed write."""

from hotroute.cache.changes import MarkExpiredError
from hotroute.cache.extension import Application, init_app
from hotroute.cache.invalidation import invalidate, invalidate_everything, invalidate_now
from hotroute.cache.link import Link, Unreachable
from hotroute.cache.memory_store import MemoryStore
from hotroute.cache.options import hot
from hotroute.cache.redis_store import RedisStore
from hotroute.cache.request import Principal

__all__ = [
    "Application",
    "Link",
    "MarkExpiredError",
    "MemoryStore",
    "Principal",
    "RedisStore",
    "Unreachable",
    "hot",
    "init_app",
    "invalidate",
    "invalidate_everything",
    "invalidate_now",
]
