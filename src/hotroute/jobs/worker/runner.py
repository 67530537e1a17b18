"""Running one job: claim it, call its function, and write what became of it."""

import logging
import traceback
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import RowMapping

from hotroute.jobs.registry import JobKind, JobRegistry, UnknownJobKindError
from hotroute.jobs.storage.leases import Lease, LeaseStore
from hotroute.jobs.worker.context import Announce, JobCancelledError, JobContext, JobTimeLimitError, LeaseLostError
from hotroute.jobs.worker.heartbeat import Heartbeat

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobRunner:
    """Runs jobs of the registered kinds in this process."""

    registry: JobRegistry
    store: LeaseStore
    announce: Announce

    def run(self, job_id: str) -> None:
        """Run a job, unless another worker has it or it is finished: a message may be delivered twice."""
        row = self.store.claim(job_id)
        if row is None:
            log.info("job %s is another worker's or finished", job_id)
            return
        self.announce(job_id)
        lease = Lease(job_id, row["worker_token"])
        try:
            self.run_claimed(self.registry.get(row["kind"]), row, lease)
        except UnknownJobKindError as unknown:
            self.store.fail(lease, describe_failure(unknown), "")
        self.announce(job_id)

    def run_claimed(self, kind: JobKind, row: RowMapping, lease: Lease) -> None:
        if row["is_cancel_requested"]:
            self.store.cancel(lease)
        elif row["attempt"] > kind.attempts:
            # Its worker died in each attempt: without a limit it would take down one worker after the other.
            self.store.fail(lease, row["problem"] or {"title": "WorkerLost", "detail": "its worker ended"}, "")
        else:
            self.attempt(kind, row, lease)

    def attempt(self, kind: JobKind, row: RowMapping, lease: Lease) -> None:
        context = JobContext(
            row["id"], row["attempt"], row["owner"], row["request_id"], self.store, lease, self.announce
        )
        try:
            with Heartbeat(context, kind.time_limit):
                result = kind.run(context, row["arguments"])
            if not context.is_completed:
                self.complete(lease, result)
        except JobCancelledError:
            self.store.cancel(lease)
        except LeaseLostError:
            log.warning("job %s was taken over by another worker", row["id"])
        except Exception as failure:
            self.give_back(kind, context, failure)

    def complete(self, lease: Lease, result: Any) -> None:
        with self.store.writer() as connection:
            self.store.complete(connection, lease, result)

    def give_back(self, kind: JobKind, context: JobContext, failure: Exception) -> None:
        """Retry after a failure, or fail for good after the last attempt."""
        log.error("job %s (%s) failed in attempt %s", context.id, kind.name, context.attempt, exc_info=failure)
        problem, text = describe_failure(failure), format_traceback(failure)
        is_last = context.attempt >= kind.attempts or isinstance(failure, JobTimeLimitError)
        if is_last:
            self.store.fail(context.lease, problem, text)
        else:
            self.store.retry(context.lease, kind.retry_delay(context.attempt), problem, text)


def describe_failure(failure: BaseException) -> dict[str, Any]:
    """Return what the job's owner may read: the kind of error, never its message, which may hold data of others."""
    return {"title": type(failure).__name__, "detail": "The job failed. The log has the details, by the job's id."}


def format_traceback(failure: BaseException) -> str:
    """Return the frames and the error's type; no values: arguments are not for a table that many can read."""
    frames = traceback.format_tb(failure.__traceback__)
    return "".join([*frames, type(failure).__name__])
