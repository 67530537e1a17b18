"""The settings in `hotroute.settings.gunicorn` as Gunicorn takes them, and its logger."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hotroute import fork_safety  # noqa: F401  # before the application makes its engines
from hotroute import logging as hotroute_logging
from hotroute.extras import extra
from hotroute.serving.gunicorn import hooks, listener_drain
from hotroute.serving.settings import sizing
from hotroute.settings.gunicorn import PREFIX, GunicornSettings, split_binds
from hotroute.settings.serving import ServingSettings

with extra("serve"):
    from gunicorn.glogging import Logger  # type: ignore[import-untyped]

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  # only Gunicorn's unlinked heartbeat files go there
NAMES = tuple(name.removeprefix(PREFIX) for name in GunicornSettings.model_fields if name.startswith(PREFIX))
"""Gunicorn's own names of the settings that are ours to set."""


def heartbeat_folder(mounts: Path = Path("/proc/mounts"), folder: Path = SHARED_MEMORY) -> str | None:
    """The folder of the heartbeat files if it is a writable tmpfs: on a disk, a slow write looks like a hung worker."""
    try:
        mounted = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    except OSError:
        return None
    return str(folder) if [str(folder), "tmpfs"] in mounted and os.access(folder, os.W_OK | os.X_OK) else None


def settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """The variables of `gunicorn.conf.py`, by Gunicorn's names (gunicorn 27, Settings).

    Raises:
        SettingError: variables have values that Gunicorn does not take; the message names each.
    """
    read = ServingSettings.read(environ)
    chosen = {name: getattr(read, f"{PREFIX}{name}") for name in NAMES} | follow(read)
    given = {name: each for name, each in chosen.items() if each is not None}
    return given | {
        "on_starting": listener_drain.on_starting,
        "pre_fork": hooks.pre_fork,
        "post_fork": hooks.post_fork,
        "post_worker_init": hooks.post_worker_init,
        "logger_class": "hotroute.serving.gunicorn.config.QuietLogger",
        "logconfig_dict": hotroute_logging.config(chosen["loglevel"].upper()),
    }


def follow(read: ServingSettings) -> dict[str, object]:
    """Return the settings whose defaults follow from others, or from the machine."""
    folder = read.gunicorn_worker_tmp_dir
    return {
        "bind": split_binds(read.gunicorn_bind) or read.endpoint("APP_PORT"),
        "workers": sizing.count_workers(read),
        "worker_tmp_dir": str(folder) if folder else heartbeat_folder(),
        "loglevel": read.gunicorn_loglevel or read.log_level.lower(),
    }


class QuietLogger(Logger):  # type: ignore[misc]
    """Gunicorn's logger, but with an access log only if `accesslog` is set: any logconfig_dict would turn it on."""

    @property
    def access_log_enabled(self) -> bool:
        return bool(self.cfg.accesslog)
