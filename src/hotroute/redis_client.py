"""Redis clients that give up soon: redis-py's own defaults hold a request for four seconds, or a minute."""

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def options(timeout: float) -> dict[str, Any]:
    """Arguments for a redis-py client: one try, `timeout` seconds to connect and to be answered."""
    return {"socket_timeout": timeout, "socket_connect_timeout": timeout, "retry": Retry(NoBackoff(), 0)}


def connect(url: str, timeout: float) -> redis.Redis:
    """A client for `url`; it opens its first connection when it is first used."""
    client: redis.Redis = redis.Redis.from_url(url, **options(timeout))
    return client
