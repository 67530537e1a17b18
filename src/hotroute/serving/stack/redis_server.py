"""The stack's Redis servers, on the loopback address only: the cache's keeps nothing, that of jobs loses nothing."""

from collections.abc import Mapping
from typing import NamedTuple

from hotroute.serving.settings.executables import redis_server
from hotroute.settings.hosts import LOOPBACK
from hotroute.settings.serving import ServingSettings


class Kind(NamedTuple):
    """One of the two servers: its folder in DATA_DIR, the variable with its port, and its options (redis.conf)."""

    folder: str
    port: str
    options: Mapping[str, str]


CACHE = Kind("redis", "REDIS_PORT", {"appendonly": "no", "maxmemory-policy": "volatile-ttl"})
"""`volatile-ttl` evicts the keys that would expire soonest, and never one without an expiry."""

JOBS = Kind("jobs-redis", "JOBS_REDIS_PORT", {"appendonly": "yes", "maxmemory-policy": "noeviction"})
"""A full server refuses messages, and the relay of jobs publishes them later; an evicted message would be lost."""


def command(environ: Mapping[str, str], persistent: bool = False) -> list[str]:
    """Return the program and its options, and make the folder it works in.

    Args:
        persistent: the server of jobs, which keeps its messages on disk.

    Raises:
        NotInstalledError: there is no Redis-compatible server.
        SettingError: variables of servers cannot be used.
    """
    kind, settings = JOBS if persistent else CACHE, ServingSettings.read(environ)
    folder = settings.data_dir / kind.folder
    options = {
        "bind": LOOPBACK,
        "port": str(settings.port(kind.port)),
        "protected-mode": "yes",
        "save": "",
        "maxmemory": settings.redis_maxmemory,
        "dir": str(folder),
        "daemonize": "no",
        **kind.options,
    }
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [str(redis_server(environ)), *(word for name, text in options.items() for word in (f"--{name}", text))]
