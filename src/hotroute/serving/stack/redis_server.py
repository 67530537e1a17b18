"""The stack's Redis servers, on the loopback address only: the cache's keeps nothing, that of jobs loses nothing."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from hotroute.serving.settings.env import LOOPBACK, SettingError, data_dir, port
from hotroute.serving.settings.executables import redis_server

MEMORY = re.compile(r"\d+([kmg]b?)?", re.IGNORECASE)


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
        SettingError: REDIS_PORT, JOBS_REDIS_PORT or REDIS_MAXMEMORY cannot be used.
    """
    kind = JOBS if persistent else CACHE
    folder = data_dir(environ) / kind.folder
    options = {
        "bind": LOOPBACK,
        "port": str(port(environ, kind.port)),
        "protected-mode": "yes",
        "save": "",
        "maxmemory": memory(environ),
        "dir": str(folder),
        "daemonize": "no",
        **kind.options,
    }
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return [str(redis_server(environ)), *(word for name, text in options.items() for word in (f"--{name}", text))]


def memory(environ: Mapping[str, str]) -> str:
    text = environ.get("REDIS_MAXMEMORY") or "256mb"
    if not MEMORY.fullmatch(text):
        raise SettingError(f"REDIS_MAXMEMORY: {text!r} is not an amount of memory such as 256mb")
    return text
