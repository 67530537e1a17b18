"""The cache's Redis: on the loopback address only, nothing on disk, and memory that makes room for itself."""

import re
from collections.abc import Mapping

from hotroute.serving.settings.env import LOOPBACK, SettingError, data_dir, port
from hotroute.serving.settings.executables import redis_server

MEMORY = re.compile(r"\d+([kmg]b?)?", re.IGNORECASE)


def command(environ: Mapping[str, str]) -> list[str]:
    """The program and its options (redis.conf); the folder it works in is made.

    `volatile-ttl` evicts what would expire soonest and never a key without an expiry.

    Raises:
        NotInstalledError: there is no Redis-compatible server.
        SettingError: REDIS_PORT or REDIS_MAXMEMORY cannot be used.
    """
    folder = data_dir(environ) / "redis"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    options = {
        "bind": LOOPBACK,
        "port": str(port(environ, "REDIS_PORT")),
        "protected-mode": "yes",
        "save": "",
        "appendonly": "no",
        "maxmemory": memory(environ),
        "maxmemory-policy": "volatile-ttl",
        "dir": str(folder),
        "daemonize": "no",
    }
    return [str(redis_server(environ)), *(word for name, text in options.items() for word in (f"--{name}", text))]


def memory(environ: Mapping[str, str]) -> str:
    text = environ.get("REDIS_MAXMEMORY") or "256mb"
    if not MEMORY.fullmatch(text):
        raise SettingError(f"REDIS_MAXMEMORY: {text!r} is not an amount of memory such as 256mb")
    return text
