"""Gunicorn's settings in one table: the default of each, why, and the environment variable that overrides it."""

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hotroute import fork_safety  # noqa: F401  # before the application makes its engines
from hotroute import logging as hotroute_logging
from hotroute.extras import extra
from hotroute.serving.gunicorn import hooks, listener_drain
from hotroute.serving.settings import sizing
from hotroute.serving.settings.env import SettingError, endpoint

with extra("serve"):
    from gunicorn.config import make_settings  # type: ignore[import-untyped]
    from gunicorn.glogging import Logger  # type: ignore[import-untyped]

Environ = Mapping[str, str]
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # only Gunicorn's unlinked heartbeat files go there


class Setting(NamedTuple):
    """One setting by Gunicorn's own name, and how its default follows from the environment (None: Gunicorn's own)."""

    name: str
    default: Callable[[Environ], object]
    description: str

    @property
    def variable(self) -> str:
        return f"GUNICORN_{self.name.upper()}"


def always(value: object) -> Callable[[Environ], object]:
    return lambda _environ: value


def heartbeat_folder(mounts: Path = Path("/proc/mounts"), folder: Path = SHARED_MEMORY) -> str | None:
    """The folder of the heartbeat files if it is a writable tmpfs: on a disk, a slow write looks like a hung worker."""
    try:
        mounted = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    except OSError:
        return None
    return str(folder) if [str(folder), "tmpfs"] in mounted and os.access(folder, os.W_OK | os.X_OK) else None


TABLE = (
    Setting(
        "bind",
        lambda environ: endpoint(environ, "APP_PORT"),
        "Where to listen, comma-separated: 127.0.0.1:8000, unix:/run/app.sock, fd://3 for a TCP socket held outside; "
        "systemd's LISTEN_FDS wins, and only with it does a unix socket held outside keep its path",
    ),
    Setting(
        "worker_class",
        always("hotroute.serving.gunicorn.worker.Worker"),
        "Kind of worker: gthread, which keeps slow and idle connections off the threads, with a better end",
    ),
    Setting("workers", sizing.workers, "Worker processes; one per CPU that the container really has, at least 2"),
    Setting("threads", sizing.threads, "Threads in each worker, each with one request at a time"),
    Setting("worker_connections", always(1000), "Connections that one worker holds, idle ones included"),
    Setting("backlog", always(2048), "Connections that wait in the kernel while every worker is busy or restarting"),
    Setting(
        "keepalive",
        always(15),
        "Seconds an idle connection stays open; longer than the 1 s of the proxy, see nginx/upstream.conf.j2",
    ),
    Setting(
        "timeout",
        always(30),
        "Seconds without a heartbeat until a worker is killed; a slow request does not stop the heartbeat",
    ),
    Setting("graceful_timeout", always(30), "Seconds that requests in flight get when a worker stops"),
    Setting("max_requests", always(100_000), "Requests after which a worker is replaced, against slow leaks; 0: never"),
    Setting(
        "max_requests_jitter",
        always(10_000),
        "Random addition to max_requests, so that workers are not replaced together",
    ),
    Setting(
        "preload_app", always("true"), "Import the application once, before the fork: quick restarts, shared memory"
    ),
    Setting(
        "worker_tmp_dir",
        lambda _environ: heartbeat_folder(),
        "Folder of the heartbeat files; /dev/shm where it is a writable tmpfs",
    ),
    Setting("umask", always("0o007"), "Mask for the mode of a unix socket: the proxy's user must be of its group"),
    Setting(
        "limit_request_line",
        always(8190),
        "Longest request line in bytes; above the 8,000 of the proxy, which answers first",
    ),
    Setting(
        "limit_request_fields",
        always(8000),
        "Most header fields in a request: as many as fit into the 32,000 bytes of the proxy, which answers first",
    ),
    Setting("limit_request_field_size", always(8190), "Longest header field in bytes; above the 8,000 of the proxy"),
    Setting(
        "forwarded_allow_ips",
        always("127.0.0.1,::1"),
        "Addresses of proxies whose X-Forwarded-Proto is believed, comma-separated",
    ),
    Setting("forwarder_headers", always(""), "Headers that may set WSGI variables such as SCRIPT_NAME: none"),
    Setting("control_socket_disable", always("true"), "No socket through which another process could steer Gunicorn"),
    Setting(
        "accesslog",
        always(None),
        "File of Gunicorn's own access log, - for standard output; none, the application writes a line per request",
    ),
    Setting(
        "loglevel",
        lambda environ: (environ.get("LOG_LEVEL") or "info").lower(),
        "Level of Gunicorn's log; LOG_LEVEL unless set",
    ),
)
"""Every setting that differs from Gunicorn's default or matters enough to be named."""


def settings(environ: Environ) -> dict[str, Any]:
    """The variables of `gunicorn.conf.py`, by Gunicorn's names (gunicorn 27, Settings).

    Raises:
        SettingError: a variable has a value that Gunicorn does not take; the message names the variable.
    """
    chosen = {setting.name: value(setting, environ) for setting in TABLE}
    given = {name: each for name, each in chosen.items() if each is not None}
    return given | {
        "on_starting": listener_drain.on_starting,
        "pre_fork": hooks.pre_fork,
        "post_fork": hooks.post_fork,
        "post_worker_init": hooks.post_worker_init,
        "logger_class": "hotroute.serving.gunicorn.config.QuietLogger",
        "logconfig_dict": hotroute_logging.config(level(chosen["loglevel"])),
    }


def value(setting: Setting, environ: Environ) -> object:
    text = environ.get(setting.variable)
    if not text or setting.name in {"workers", "threads"}:
        return setting.default(environ)
    parsed: object = [part.strip() for part in text.split(",")] if setting.name == "bind" else text
    try:
        make_settings()[setting.name].set(parsed)
    except (ValueError, TypeError) as error:
        raise SettingError(
            f"{setting.variable}: {text!r} is not a value for Gunicorn's {setting.name} ({error})"
        ) from None
    return parsed


def level(chosen: object) -> str:
    name = str(chosen).upper()
    if name not in logging.getLevelNamesMapping():
        raise SettingError(f"LOG_LEVEL or GUNICORN_LOGLEVEL: {chosen!r} is not debug, info, warning, error or critical")
    return name


class QuietLogger(Logger):  # type: ignore[misc]
    """Gunicorn's logger, but with an access log only if `accesslog` is set: any logconfig_dict would turn it on."""

    @property
    def access_log_enabled(self) -> bool:
        return bool(self.cfg.accesslog)
