"""The relay: publishes what waits in the outbox, and puts back what lost its worker. Any number may run at once."""

import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from hotroute.jobs.backends.base import BrokerUnavailableError, JobBackend
from hotroute.jobs.registry import JobRegistry
from hotroute.jobs.storage.outbox import Outbox

log = logging.getLogger(__name__)

ROUND_SECONDS = 1.0
FORGET_ROUNDS = 600
"""Rounds after which finished jobs are looked through for those whose retention is over."""

BATCH = 200
CROWDED = 200
"""Messages in a queue from which on a job that was published once is not published again."""


@dataclass(frozen=True, slots=True)
class Relay:
    """Publishes due jobs, round after round, until it is stopped."""

    outbox: Outbox
    backend: JobBackend
    registry: JobRegistry
    forget_finished: Callable[[], int]
    stopped: threading.Event

    def start(self) -> threading.Thread:
        thread = threading.Thread(target=self.run, name="job-relay", daemon=True)
        thread.start()
        return thread

    def run(self) -> None:
        for number in itertools.count():
            if self.stopped.wait(ROUND_SECONDS):
                return
            try:
                self.relay_once()
                if number % FORGET_ROUNDS == 0:
                    self.forget_finished()
            except (SQLAlchemyError, BrokerUnavailableError) as failure:
                log.warning("could not publish waiting jobs, trying again: %s", failure)
            except Exception:
                # A round that fails for another reason must not be the last.
                log.exception("could not publish waiting jobs, trying again")

    def relay_once(self) -> int:
        """Publish what is due; return how many jobs.

        Raises:
            BrokerUnavailableError: the broker does not answer; the jobs stay due.
            SQLAlchemyError: the database does not answer.
        """
        self.outbox.release_expired()
        due = self.outbox.take_due(self.find_crowded_queues(), BATCH)
        for row in due:
            self.backend.publish(row["id"], row["queue"])
            self.outbox.mark_published(row["id"])
        return len(due)

    def find_crowded_queues(self) -> list[str]:
        return [queue for queue in self.registry.queues if self.backend.count_messages(queue) > CROWDED]
