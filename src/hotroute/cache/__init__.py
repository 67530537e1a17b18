"""The response cache: hot routes answered in front of the application, and never older than a committed write."""

from hotroute.cache.decorator import hot
from hotroute.cache.extension import init_app
from hotroute.cache.http.request import Principal
from hotroute.cache.http.tracked.session_caller import SessionCaller
from hotroute.cache.invalidation import invalidate, invalidate_everything, invalidate_now
from hotroute.cache.options import CacheOptions
from hotroute.cache.redis_client.client import RedisClient, Unreachable
from hotroute.cache.store.memory import MemoryStore
from hotroute.cache.store.redis import RedisStore
from hotroute.cache.tracking.writes import MarkExpiredError

__all__ = [
    "CacheOptions",
    "RedisClient",
    "MarkExpiredError",
    "MemoryStore",
    "Principal",
    "RedisStore",
    "SessionCaller",
    "Unreachable",
    "hot",
    "init_app",
    "invalidate",
    "invalidate_everything",
    "invalidate_now",
]
