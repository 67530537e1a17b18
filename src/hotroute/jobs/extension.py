"""`Jobs`, the extension: kinds of job by a decorator, and one way to ask for one."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any, TypeVar, cast

from flask import Flask, current_app
from sqlalchemy.engine import RowMapping
from sqlalchemy.orm import Session

from hotroute.jobs.announcing import make_announcer
from hotroute.jobs.backends.base import JobBackend
from hotroute.jobs.options import JobsOptions, make_backend
from hotroute.jobs.publisher import Publisher
from hotroute.jobs.registry import JobFunction, JobKind, JobRegistry
from hotroute.jobs.storage.leases import LeaseStore
from hotroute.jobs.storage.outbox import Outbox
from hotroute.jobs.storage.status import JobStatusStore
from hotroute.jobs.worker.relay import Relay
from hotroute.jobs.worker.runner import JobRunner

EXTENSION = "hotroute.jobs"
Function = TypeVar("Function", bound=JobFunction)


@dataclass(frozen=True, slots=True)
class JobsState:
    """What one application has of jobs."""

    options: JobsOptions
    backend: JobBackend
    outbox: Outbox
    publisher: Publisher
    runner: JobRunner
    status: JobStatusStore
    relay: Relay


class Jobs:
    """The jobs of an application; bound to it by `init_app`."""

    def __init__(self) -> None:
        self.registry = JobRegistry()

    def kind(
        self, name: str, *, queue: str, time_limit: float, attempts: int = 3, backoff: float = 5.0
    ) -> Callable[[Function], Function]:
        """Declare a function as a kind of job; it is called with a `JobContext` and the job's arguments by name.

        Args:
            name: stored with each job; keep it when the function is renamed.
            queue: CPU-bound and I/O-bound kinds wait in queues of their own.
            time_limit: seconds that an attempt may take.
            attempts: tries until the job has failed for good.
            backoff: seconds before the second attempt, doubled for each one after it.

        Raises:
            ValueError: another function has the name.
        """

        def decorate(function: Function) -> Function:
            kind = JobKind(name, function, queue, time_limit, attempts, backoff)
            self.registry.add(kind)
            function.job_kind = kind  # type: ignore[attr-defined]
            return function

        return decorate

    def init_app(self, app: Flask, options: JobsOptions) -> None:
        """Bind the jobs to an application. Connects to nothing.

        Raises:
            ValueError: the backend cannot use the broker.
        """
        backend = make_backend(options.backend, options.broker_url)
        outbox = Outbox(options.engine, options.table, options.relay_after, options.republish_after)
        status = JobStatusStore(options.engine, options.table)
        announcer = make_announcer(options.message_queue, status)
        app.extensions[EXTENSION] = JobsState(
            options,
            backend,
            outbox,
            Publisher(outbox, backend),
            JobRunner(self.registry, LeaseStore(options.engine, options.table, options.lease), announcer),
            status,
            Relay(outbox, backend, self.registry, lambda: status.expire(options.retention), Event()),
        )

    def enqueue(  # noqa: PLR0913  # each is a column
        self,
        session: Session,
        function: JobFunction,
        arguments: dict[str, Any],
        *,
        owner: str = "",
        request_id: str = "",
        idempotency_key: str | None = None,
    ) -> RowMapping:
        """Add a job in the session's transaction; it is published after the COMMIT, and not at all without one.

        Args:
            function: one that `kind` has declared.
            arguments: by name, as JSON.
            owner: the caller, who alone may see the job.
            idempotency_key: a second call with the caller's same key returns the same job.

        Returns:
            The job's row.

        Raises:
            IdempotencyKeyReusedError: the key belongs to a job with other arguments.
        """
        state = get_state()
        kind: JobKind = cast(Any, function).job_kind
        row = state.outbox.add(
            session.connection(),
            kind,
            arguments,
            owner=owner,
            request_id=request_id,
            idempotency_key=idempotency_key,
        )
        if row["attempt"] == 0 and row["state"] == "queued":
            state.publisher.publish_after_commit(session, row["id"], row["queue"])
        return row


def get_state(app: Flask | None = None) -> JobsState:
    state: JobsState = (app or current_app).extensions[EXTENSION]
    return state
