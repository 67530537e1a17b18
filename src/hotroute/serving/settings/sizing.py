"""How many requests are worked on at once: processes times threads. The database's pool is sized from them too."""

from collections.abc import Mapping

from hotroute.serving.settings import cgroup_cpus
from hotroute.serving.settings.env import at_least_one

THREADS = 4


def workers(environ: Mapping[str, str]) -> int:
    """Worker processes: `GUNICORN_WORKERS`, or one per CPU and at least two, so that one serves while another restarts.

    Raises:
        SettingError: the variable is not a number from 1.
    """
    return at_least_one(environ, "GUNICORN_WORKERS", max(2, cgroup_cpus.available()))


def threads(environ: Mapping[str, str]) -> int:
    """Threads in each worker: `GUNICORN_THREADS`, or 4.

    Raises:
        SettingError: the variable is not a number from 1.
    """
    return at_least_one(environ, "GUNICORN_THREADS", THREADS)
