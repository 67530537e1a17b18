"""How many requests are worked on at once: processes times threads. The database's pool is sized from them too."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from hotroute.serving.settings import cgroup_cpus

if TYPE_CHECKING:
    from hotroute.settings.gunicorn import GunicornSettings


def read(environ: Mapping[str, str]) -> "GunicornSettings":
    """Read Gunicorn's settings; the cache alone is installed without what that needs.

    Raises:
        SettingError: a variable of Gunicorn's cannot be used.
    """
    from hotroute.settings.gunicorn import GunicornSettings  # noqa: PLC0415

    return GunicornSettings.read(environ)


def workers(environ: Mapping[str, str]) -> int:
    """Worker processes: `GUNICORN_WORKERS`, or one per CPU and at least two, so that one serves while another restarts.

    Raises:
        SettingError: a variable of Gunicorn's cannot be used.
    """
    return count_workers(read(environ))


def count_workers(settings: "GunicornSettings") -> int:
    return settings.gunicorn_workers or max(2, cgroup_cpus.available())


def threads(environ: Mapping[str, str]) -> int:
    """Threads in each worker: `GUNICORN_THREADS`, or 4.

    Raises:
        SettingError: a variable of Gunicorn's cannot be used.
    """
    return read(environ).gunicorn_threads
