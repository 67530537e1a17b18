"""What an application says about its jobs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from flask import Request
from sqlalchemy import Engine, Table

from hotroute.jobs.backends.base import JobBackend

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
    """Connect to nothing yet; import only the library that is used.

    Raises:
        ValueError: the backend cannot use the broker, with the setting to change.
    """
    if name == "celery":
        from hotroute.jobs.backends.celery import CeleryBackend  # noqa: PLC0415

        return CeleryBackend(broker_url)
    if broker_url.startswith("amqp"):
        raise ValueError("JOBS_BROKER_URL: RQ works on Redis only; give a redis:// URL, or set JOBS_BACKEND=celery")
    from hotroute.jobs.backends.rq import RqBackend  # noqa: PLC0415

    return RqBackend(broker_url)
