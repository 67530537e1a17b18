"""Asking Redis whether its user may do all that the cache does, for `/readyz`."""

from collections.abc import Iterator
from time import monotonic
from typing import Any

from hiredis import ReplyError

from hotroute.cache.redis_client.connection import Command
from hotroute.cache.store.base import Store
from hotroute.cache.store.redis import RedisStore
from hotroute.health import Degraded


def commands(namespace: str) -> Iterator[Command]:
    """Yield every command of hot routes and of Flask-Caching's calls once, those of the scripts too.

    They are given keys of their own, which none of them leaves behind.
    """
    text, order, fields = (f"{namespace}ready:{kind}" for kind in ("text", "order", "fields"))
    yield from (("TIME",), ("EVALSHA", "0" * 40, 0), ("EVAL", "return 1", 0), ("EXISTS", text), ("TYPE", text))
    yield from (("SET", text, 1, "PX", 1000), ("GET", text), ("GETEX", text), ("MGET", text), ("INCRBY", text, 1))
    yield from (("PEXPIRE", text, 1000), ("PEXPIRETIME", text), ("SCAN", 0, "MATCH", text, "COUNT", 1))
    yield from (("ZADD", order, 1, "a"), ("ZCARD", order), ("ZCOUNT", order, 0, 1), ("ZREM", order, "b"))
    yield ("ZREMRANGEBYSCORE", order, "-inf", "+inf")
    yield from (("HSET", fields, "a", 1), ("HGET", fields, "a"), ("HMGET", fields, "a"))
    yield from (("UNLINK", text), ("DEL", order, fields))


def check(store: Store) -> None:
    """Try what the cache needs, over a connection of its own: the one of requests would count it as an outage.

    Raises:
        OSError: Redis cannot be reached, or is no primary.
        Degraded: it can, and refuses something that the cache needs.
    """
    if not isinstance(store, RedisStore):
        return
    deadline = monotonic() + store.link.timeout
    asked = [*commands(store.namespace)]
    try:
        connection = store.link.pool.connect(deadline)
    except ReplyError as reason:
        raise Degraded(str(reason)) from None
    try:
        replies = connection.execute(asked, deadline)
    finally:
        connection.close()
    if refused := [*refusals(asked, replies)]:
        raise Degraded("; ".join(dict.fromkeys(refused)))


def refusals(asked: list[Command], replies: list[Any]) -> Iterator[str]:
    """Yield which commands were refused, and in the server's words why."""
    for (name, *_), reply in zip(asked, replies, strict=True):
        if isinstance(reply, ReplyError) and not str(reply).startswith("NOSCRIPT"):
            yield f"{name!s}: {reply}"
