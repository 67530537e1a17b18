"""How the application is served: the settings that advice is about, and what the machine allows."""

from collections.abc import Mapping
from dataclasses import dataclass

from hotroute.profiler.advice import memory_limit
from hotroute.serving.settings import cgroup_cpus, sizing

OUR_WORKER = "hotroute.serving.gunicorn.worker.Worker"
OVERFLOW = 1
"""Connections beyond the pool's size that `hotroute.database.engines` allows."""


@dataclass(frozen=True, slots=True)
class Serving:
    """Attributes:
    worker_class, workers, threads: Gunicorn's settings, of one host.
    pool: database connections that one worker may have open, the overflow included; None: as many as it has threads,
        the default.
    cpus: that the processes may use.
    memory: bytes that they may take, None where nobody tells.
    """

    worker_class: str = OUR_WORKER
    workers: int = 2
    threads: int = 4
    pool: int | None = None
    cpus: int = 2
    memory: int | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Serving":
        """From the environment, as `gunicorn.conf.py` reads it.

        Raises:
            SettingError: a variable has a value that cannot be used.
        """
        from hotroute.settings.application import DatabaseSettings  # noqa: PLC0415  # the package may be missing

        gunicorn, pool = sizing.read(environ), DatabaseSettings.read(environ).database_pool_size
        return cls(
            worker_class=gunicorn.gunicorn_worker_class,
            workers=sizing.count_workers(gunicorn),
            threads=gunicorn.gunicorn_threads,
            pool=pool + OVERFLOW if pool else None,
            cpus=cgroup_cpus.available(),
            memory=memory_limit.limit(),
        )
