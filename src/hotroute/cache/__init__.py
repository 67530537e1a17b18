"""The response cache: hot routes answered in front of the application, and never older than a committed write."""

from hotroute.cache.extension import Application, init_app, invalidate, invalidate_now
from hotroute.cache.link import Link, Unreachable
from hotroute.cache.memory_store import MemoryStore
from hotroute.cache.options import hot
from hotroute.cache.redis_store import RedisStore
from hotroute.cache.request import Principal

__all__ = [
    "Application",
    "Link",
    "MemoryStore",
    "Principal",
    "RedisStore",
    "Unreachable",
    "hot",
    "init_app",
    "invalidate",
    "invalidate_now",
]
