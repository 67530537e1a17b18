"""Flask-Caching's own keys in Redis, over the responses' link; without Redis, nothing is found or stored."""

import logging
import re
from collections.abc import Iterator
from typing import Any

from cachelib.serializers import BaseSerializer
from flask_caching.backends.base import BaseCache
from hiredis import ReplyError

from hotroute.cache.flask_caching.json_serializer import JsonSerializer, refuse_pickle
from hotroute.cache.flask_caching.request_scoping import Timeout
from hotroute.cache.redis_client.client import RedisClient, Unreachable
from hotroute.cache.redis_client.connection import Command, Word

log = logging.getLogger(__name__)

SPECIAL = re.compile(r"([*?\[\]\\^-])")
AT_A_TIME = 1000

LONGEST = 10**12
"""Seconds; Redis counts milliseconds in 64 bits."""


def expiry(seconds: int) -> Command:
    """Return the options of SET for a timeout. Like cachelib, 0 and -1 are for ever; less is over before it began."""
    if seconds in (0, -1):
        return ()
    return ("EX", min(int(seconds), LONGEST)) if seconds > 0 else ("EXAT", 1)


class RedisValues(BaseCache):
    """
    Args:
        link: to the server.
        prefix: of all keys.
        default_timeout: seconds; 0 for ever.
    """

    def __init__(self, link: RedisClient, prefix: str, default_timeout: int) -> None:
        super().__init__(default_timeout, ignore_delete_many_errors=True)
        self.link, self.prefix = link, prefix
        self.format: BaseSerializer = JsonSerializer()

    @property
    def serializer(self) -> BaseSerializer:
        return self.format

    @serializer.setter
    def serializer(self, serializer: BaseSerializer) -> None:
        refuse_pickle(serializer)
        self.format = serializer

    def get(self, key: str) -> Any:
        return self.read(self.ask("GET", self.name(key)))

    def get_many(self, *keys: str) -> list[Any]:
        found = self.ask("MGET", *(self.name(key) for key in keys)) if keys else []
        return [self.read(data) for data in found or [None] * len(keys)]

    def set(self, key: str, value: Any, timeout: Timeout = None) -> bool | None:
        return self.ask(*self.setting(key, value, timeout)) is not None

    def add(self, key: str, value: Any, timeout: Timeout = None) -> bool:
        return self.ask(*self.setting(key, value, timeout), "NX") is not None

    def set_many(self, mapping: dict[str, Any], timeout: Timeout = None) -> list[Any]:
        commands = [self.setting(key, value, timeout) for key, value in mapping.items()]
        try:
            replies = self.link.call_all(commands) if commands else []
        except Unreachable:
            return []
        return [key for key, reply in zip(mapping, replies, strict=True) if not isinstance(reply, ReplyError)]

    def has(self, key: str) -> bool:
        return bool(self.ask("EXISTS", self.name(key)))

    def delete(self, key: str) -> bool:
        return bool(self.ask("DEL", self.name(key)))

    def delete_many(self, *keys: str) -> list[Any]:
        """The keys that are not there any more: all, or none where Redis is away."""
        gone = self.ask("DEL", *(self.name(key) for key in keys)) if keys else 0
        return [] if gone is None else list(keys)

    def unlink(self, *keys: str) -> Any:
        return self.ask("UNLINK", *(self.name(key) for key in keys)) if keys else None

    def inc(self, key: str, delta: int = 1) -> int | None:
        counted: int | None = self.ask("INCRBY", self.name(key), delta)
        return counted

    def dec(self, key: str, delta: int = 1) -> int | None:
        return RedisValues.inc(self, key, -delta)

    def clear(self) -> bool:
        return self.remove(self.prefix)

    def remove(self, prefix: str) -> bool:
        """All keys that begin like this, a few at a time: KEYS holds up the server, FLUSHDB takes what is others'."""
        try:
            for keys in self.scan(prefix):
                self.link.call("UNLINK", *keys)
        except Unreachable:
            return False
        return True

    def scan(self, prefix: str) -> Iterator[list[bytes]]:
        pattern, cursor = SPECIAL.sub(r"\\\1", prefix) + "*", b"0"
        while True:
            cursor, keys = self.link.call("SCAN", cursor, "MATCH", pattern, "COUNT", AT_A_TIME)
            if keys:
                yield keys
            if cursor == b"0":
                return

    def setting(self, key: str, value: Any, timeout: Timeout) -> Command:
        data: Any = self.format.dumps(value)
        if data is None:
            raise TypeError(f"{type(self.format).__name__} cannot store a {type(value).__qualname__}")
        return ("SET", self.name(key), data, *expiry(self._normalize_timeout(timeout)))

    def name(self, key: object) -> str:
        """Return a key as it is in Redis; numbers are as good as texts."""
        return f"{self.prefix}{key}"

    def read(self, data: bytes | None) -> Any:
        return None if data is None else self.format.loads(data)

    def ask(self, *command: Word) -> Any:
        """The reply; None where Redis is away or refuses, of which the link has told."""
        try:
            return self.link.call(*command)
        except Unreachable:
            return None
