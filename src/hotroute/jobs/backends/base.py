"""The one thing that the rest asks of Celery or RQ: carry a job's id to a worker."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

Pool = Literal["processes", "threads", "gevent"]


class BrokerUnavailableError(ConnectionError):
    """The broker does not answer, or refuses."""


class JobBackend(Protocol):
    """A queue and its workers. A message is a job's id, as JSON; everything else is in the database."""

    def publish(self, job_id: str, queue: str) -> None:
        """Hand a job's id to the broker, within a second.

        Raises:
            BrokerUnavailableError: the broker does not answer, or refuses.
        """

    def count_messages(self, queue: str) -> int:
        """Return how many messages wait in `queue`.

        Raises:
            BrokerUnavailableError: the broker does not answer.
        """

    def work(self, run: Callable[[str], None], queues: Sequence[str], concurrency: int, pool: Pool) -> None:
        """Work on the queues until a signal says to stop; the job under way is finished first."""
