"""What can happen to Redis and to the way there; each begins, ends, and is told of in words that say which it was."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.cache.failure.proxy import Proxy
from tests.cache.failure.servers import RedisServer
from tests.servers import free_port

Act = Callable[[Proxy, RedisServer], object]


@dataclass(frozen=True)
class Outage:
    """
    Attributes:
        begin, end: what a test does to the proxy and to the server.
        told: what the warning says.
        everywhere: whether it is the server that is of no use, and not the way there.
    """

    name: str
    begin: Act
    end: Act
    told: str
    everywhere: bool = False


def mode(name: str, pause: float = 0.0) -> Act:
    def set_mode(proxy: Proxy, _server: RedisServer) -> None:
        proxy.mode, proxy.pause = name, pause

    return set_mode


def fill(_proxy: Proxy, server: RedisServer) -> None:
    server.call("CONFIG", "SET", "maxmemory-policy", "noeviction", "maxmemory", "1")


def empty(_proxy: Proxy, server: RedisServer) -> None:
    server.call("CONFIG", "SET", "maxmemory", "0")


def demote(_proxy: Proxy, server: RedisServer) -> None:
    server.call("REPLICAOF", "127.0.0.1", free_port())


def promote(_proxy: Proxy, server: RedisServer) -> None:
    server.call("REPLICAOF", "NO", "ONE")


def lock(_proxy: Proxy, server: RedisServer) -> None:
    server.call("CONFIG", "SET", "requirepass", "another")
    server.password = "another"
    server.call("CLIENT", "KILL", "TYPE", "normal")


def unlock(_proxy: Proxy, server: RedisServer) -> None:
    server.call("CONFIG", "SET", "requirepass", "")
    server.password = None


PASSING = mode("pass")
OUTAGES = [
    Outage("refused", lambda proxy, _: proxy.refuse(), lambda proxy, _: proxy.listen(), "Connection refused"),
    Outage("reset", mode("reset"), PASSING, "Connection reset|closed the connection"),
    Outage("silent", mode("drop"), PASSING, "timed out"),
    Outage("slow", mode("delay", 0.8), PASSING, "timed out"),
    Outage("garbage", mode("garbage"), PASSING, "ProtocolError"),
    Outage("deaf", mode("deaf"), PASSING, "timed out"),
    Outage("paused", lambda _, server: server.pause(), lambda _, server: server.resume(), "timed out", everywhere=True),
    Outage("read-only", demote, promote, "READONLY", everywhere=True),
    # Who sends before it has heard that its connection is gone says that first.
    Outage("locked", lock, unlock, "NOAUTH|Connection reset|closed the connection", everywhere=True),
]
"""While one of these lasts, Redis is of no use to who is behind the proxy."""
