"""The connection to Redis: a pool whose connections know which run of the server they reach, and cached scripts."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from importlib.resources import files
from typing import Any

import redis
from redis.exceptions import NoScriptError, RedisError

from hotroute.cache.breaker import Breaker
from hotroute.redis import options

log = logging.getLogger(__name__)

Argument = str | bytes | int
BREAK = 1.0
"""Seconds for which Redis is not asked after a failure."""


class Unreachable(Exception):
    """Redis cannot be asked now, or did not answer, or answered that it cannot."""


class Script:
    """A script of `hotroute/cache/scripts`, known to the server by its digest."""

    def __init__(self, name: str) -> None:
        self.source = files("hotroute.cache").joinpath("scripts", f"{name}.lua").read_bytes()
        self.digest = sha1(self.source, usedforsecurity=False).hexdigest()


class Link:
    """Asks one Redis primary, one round trip at a time, and gives up soon.

    Args:
        url: `redis://`, `rediss://` or `unix://`.
        timeout: seconds to connect and to be answered.
    """

    def __init__(self, url: str, timeout: float, period: float = BREAK) -> None:
        self.breaker = Breaker(period)
        self.pool = redis.ConnectionPool.from_url(url, redis_connect_func=learn_run, **options(timeout))

    def run(self, script: Script, keys: list[str], *arguments: Argument) -> Any:
        """The script's answer; `{run}` in a key or argument becomes the server's run id.

        Raises:
            Unreachable: no answer, or not a useful one.
        """
        with self.connection() as connection:
            sent = [str(len(keys)), *(fill(each, connection) for each in (*keys, *arguments))]
            connection.send_command("EVALSHA", script.digest, *sent)
            try:
                return connection.read_response()
            except NoScriptError:
                connection.send_command("EVAL", script.source, *sent)
                return connection.read_response()

    @contextmanager
    def connection(self) -> Iterator[Any]:
        if not self.breaker.allows():
            raise Unreachable("Redis was not reachable a moment ago")
        connection = None
        try:
            connection = self.pool.get_connection()
            yield connection
        except (RedisError, OSError) as reason:
            # ResponseError too: out of memory, read-only and wrong types are failures of the cache, not of the caller.
            self.fail(reason)
            if connection is not None:
                connection.disconnect()  # type: ignore[no-untyped-call]
            raise Unreachable(str(reason)) from reason
        else:
            self.recover()
        finally:
            if connection is not None:
                self.pool.release(connection)

    def fail(self, reason: Exception) -> None:
        if not self.breaker.open:
            log.warning("Redis is not usable, the cache is passed by: %s: %s", type(reason).__name__, reason)
        self.breaker.failed()

    def recover(self) -> None:
        if self.breaker.open:
            log.warning("Redis is usable again")
            self.breaker.succeeded()

    def forget_connections(self) -> None:
        """After a fork: the parent's connections are not ours."""
        self.pool.reset()


def fill(argument: Argument, connection: Any) -> Argument:
    return connection.run_id if argument == "{run}" else argument


def learn_run(connection: Any) -> None:
    """Ask for the server's run id when connecting.

    A server that restarts gets a new one, and drops its connections: what was learned from one run of it is never
    mistaken for the state of another.
    """
    connection.on_connect()
    connection.send_command("INFO", "server")
    told = connection.read_response()
    text = told.decode() if isinstance(told, bytes) else str(told)
    connection.run_id = next(line[7:].strip() for line in text.splitlines() if line.startswith("run_id:"))
