"""What an application says about its jobs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from flask import Request
from sqlalchemy import Engine, Table

from hotroute.jobs.backends.base import JobBackend, Pool

BackendName = Literal["celery", "rq"]
DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class JobsOptions:
    """Options of `Jobs.init_app`.

    Attributes:
        table: made by `add_jobs_table`, in the application's metadata.
        engine: the application's engine.
        identify_owner: returns the caller of a request as a string, or raises the application's 401.
        broker_url: redis://, rediss:// or amqp:// (Celery only).
        backend: "celery" or "rq".
        message_queue: redis:// or amqp://, by which workers reach those who follow a job by Socket.IO; "" for none.
        stream_origins: of other sites' pages that may connect by Socket.IO.
        url_prefix: of the status resource.
        retention: seconds that the result of a finished job is kept; 410 after it.
        lease: seconds after which a job whose worker is silent is another worker's. A status never says "running" for
            longer than this after the end of its worker.
        relay_after: seconds after which a job that its own process could not publish is published by the relay.
        republish_after: seconds after which a published job that nobody has claimed may have been lost by the broker.
    """

    table: Table
    engine: Engine
    identify_owner: Callable[[Request], str]
    broker_url: str
    backend: BackendName = "celery"
    message_queue: str = ""
    stream_origins: tuple[str, ...] = ()
    url_prefix: str = "/api/jobs"
    retention: float = 7 * DAY
    lease: float = 30.0
    relay_after: float = 5.0
    republish_after: float = 30.0


def make_backend(name: BackendName, broker_url: str) -> JobBackend:
    """Return a backend that imports its library when it is first used: the web's workers may never need it.

    Raises:
        ValueError: the backend cannot use the broker, with the setting to change.
    """
    if name == "rq" and broker_url.startswith("amqp"):
        raise ValueError("JOBS_BROKER_URL: RQ works on Redis only; give a redis:// URL, or set JOBS_BACKEND=celery")
    return DeferredBackend(name, broker_url)


class DeferredBackend:
    """A `JobBackend` that is made on first use."""

    def __init__(self, name: BackendName, broker_url: str) -> None:
        self.name, self.broker_url = name, broker_url

    @cached_property
    def backend(self) -> JobBackend:
        if self.name == "celery":
            from hotroute.jobs.backends.celery import CeleryBackend  # noqa: PLC0415

            return CeleryBackend(self.broker_url)
        from hotroute.jobs.backends.rq import RqBackend  # noqa: PLC0415

        return RqBackend(self.broker_url)

    def publish(self, job_id: str, queue: str) -> None:
        self.backend.publish(job_id, queue)

    def count_messages(self, queue: str) -> int:
        return self.backend.count_messages(queue)

    def work(self, run: Callable[[str], None], queues: Sequence[str], concurrency: int, pool: Pool) -> None:
        self.backend.work(run, queues, concurrency, pool)
