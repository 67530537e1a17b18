"""Publishing right after COMMIT, in a thread: no request waits for a broker, and what fails is the relay's to do."""

import logging
import queue
import threading

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, SessionTransaction

from hotroute.fork_safety import reset_in_children
from hotroute.jobs.backends.base import BrokerUnavailableError, JobBackend
from hotroute.jobs.storage.outbox import Outbox

log = logging.getLogger(__name__)

PENDING = "hotroute.jobs.pending"
CAPACITY = 10_000
"""Jobs that wait for this process to publish them; more are left to the relay."""


class Publisher:
    """Publishes the jobs of committed transactions."""

    def __init__(self, outbox: Outbox, backend: JobBackend) -> None:
        self.outbox, self.backend = outbox, backend
        self.waiting: queue.Queue[tuple[str, str]] = queue.Queue(CAPACITY)
        self.guard = threading.Lock()
        self.thread: threading.Thread | None = None
        reset_in_children(self)

    def reset_after_fork(self) -> None:
        """Begin anew in a forked worker: the parent publishes its own, and its thread is not here."""
        self.waiting, self.guard, self.thread = queue.Queue(CAPACITY), threading.Lock(), None

    def publish_after_commit(self, session: Session, job_id: str, queue_name: str) -> None:
        pending = session.info.setdefault(PENDING, [])
        if not pending:
            event.listen(session, "after_commit", self.on_commit, once=True)
            event.listen(session, "after_soft_rollback", discard, once=True)
        pending.append((job_id, queue_name))

    def on_commit(self, session: Session) -> None:
        for job in session.info.pop(PENDING, ()):
            self.publish_soon(*job)

    def publish_soon(self, job_id: str, queue_name: str) -> None:
        try:
            self.waiting.put_nowait((job_id, queue_name))
        except queue.Full:
            log.warning("too many jobs wait to be published; the relay publishes job %s", job_id)
        with self.guard:
            if self.thread is None:
                self.thread = threading.Thread(target=self.run, name="job-publisher", daemon=True)
                self.thread.start()

    def run(self) -> None:
        waiting = self.waiting
        while True:
            job_id, queue_name = waiting.get()
            self.publish(job_id, queue_name)
            waiting.task_done()

    def publish(self, job_id: str, queue_name: str) -> None:
        try:
            self.backend.publish(job_id, queue_name)
            self.outbox.mark_published(job_id)
        except (BrokerUnavailableError, SQLAlchemyError) as failure:
            log.warning("could not publish job %s; the relay does when it can: %s", job_id, failure)
        except Exception:
            # Whatever it was, the thread goes on: the next job may be fine.
            log.exception("could not publish job %s; the relay does when it can", job_id)


def discard(session: Session, _previous: SessionTransaction) -> None:
    session.info.pop(PENDING, None)
