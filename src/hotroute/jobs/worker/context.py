"""The object that a job's function gets: progress out, cancellation in, and one commit for effect and outcome."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from hotroute.jobs.storage.leases import Lease, LeaseStore

PROGRESS_SECONDS = 0.5
"""Progress is written at most this often: a loop may report each step."""


Announce = Callable[[str], None]
"""Tells those who follow a job, by its id, that it has changed. Never raises."""


class JobCancelledError(Exception):
    """The job's owner has cancelled it; raised within the job's function."""


class JobTimeLimitError(Exception):
    """An attempt took longer than its kind allows; raised within the job's function."""


class LeaseLostError(Exception):
    """Another worker has taken the job over, because this one did not renew its lease in time."""


@dataclass
class JobContext:
    """One attempt of a job.

    Attributes:
        id: the job's id, 32 hexadecimal digits.
        attempt: 1 for the first.
        owner: the caller that asked for the job, as its principal; empty where nobody did.
        request_id: of the request that asked for it.
    """

    id: str
    attempt: int
    owner: str
    request_id: str
    store: LeaseStore
    lease: Lease
    announce: Announce
    interruption: type[Exception] | None = None
    is_completed: bool = False
    reported_at: float = field(default=0.0, repr=False)

    def report(self, done: int, total: int, message: str = "") -> None:
        """Show progress to whoever watches; cheap enough for each step of a loop.

        Raises:
            JobCancelledError, JobTimeLimitError, LeaseLostError: the attempt is to end.
        """
        self.check()
        now = time.monotonic()
        if done < total and now - self.reported_at < PROGRESS_SECONDS:
            return
        self.reported_at = now
        if not self.store.report(self.lease, done, total, message):
            raise LeaseLostError(self.id)
        self.announce(self.id)

    def check(self) -> None:
        """Raise what is to end this attempt, if anything is."""
        if self.interruption is not None:
            raise self.interruption(self.id)

    def complete(self, session: Session, result: Any = None) -> None:
        """Write the outcome in the transaction that has the job's effects: both are committed, or neither.

        Raises:
            LeaseLostError: another worker has the job; roll back.
        """
        if not self.store.complete(session.connection(), self.lease, result):
            raise LeaseLostError(self.id)
        self.is_completed = True
