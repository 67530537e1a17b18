"""RQ, on Redis: a process for each job."""

import os
import signal
from collections.abc import Callable, Sequence

from redis import Redis
from redis.exceptions import RedisError

from hotroute import redis_client
from hotroute.extras import extra
from hotroute.jobs.backends.base import BrokerUnavailableError, Pool

with extra("jobs"):
    from rq import Queue, Worker
    from rq.serializers import JSONSerializer

TIMEOUT = 0.5
"""Seconds to connect to Redis, and to wait for its answer, when a job is published."""

UNLIMITED = -1
"""The job's own time limit is the heartbeat's to watch, which writes into the database why it ended."""

FAILURE_SECONDS = 3600
runner: list[Callable[[str], None]] = []
"""The function that runs a job in this worker: RQ finds functions by their import path."""


def run_job(job_id: str) -> None:
    runner[-1](job_id)


class RqBackend:
    """A `JobBackend` on RQ.

    Args:
        broker_url: redis://, rediss:// or unix://.
    """

    def __init__(self, broker_url: str) -> None:
        self.url = broker_url
        self.client = redis_client.connect(broker_url, TIMEOUT)

    def publish(self, job_id: str, queue: str) -> None:
        name = f"{__name__}.{run_job.__name__}"
        try:
            self.queue(queue).enqueue_call(
                name, (job_id,), timeout=UNLIMITED, result_ttl=0, failure_ttl=FAILURE_SECONDS, description=job_id
            )
        except RedisError as failure:
            raise BrokerUnavailableError(str(failure)) from failure

    def count_messages(self, queue: str) -> int:
        try:
            return len(self.queue(queue))
        except RedisError as failure:
            raise BrokerUnavailableError(str(failure)) from failure

    def queue(self, name: str, client: Redis | None = None) -> Queue:
        return Queue(name, connection=client or self.client, serializer=JSONSerializer)

    def work(self, run: Callable[[str], None], queues: Sequence[str], concurrency: int, pool: Pool) -> None:
        """Work in `concurrency` processes, each of which forks for each job.

        Raises:
            ValueError: another pool than "processes", which is all that RQ has.
        """
        if pool != "processes":
            raise ValueError(f"RQ has a process for each job: --pool {pool} is Celery's (JOBS_BACKEND=celery)")
        runner.append(run)
        children = [child for _ in range(concurrency - 1) if (child := self.fork(queues))]
        try:
            self.work_here(queues)
        finally:
            for child in children:
                os.kill(child, signal.SIGTERM)
            for child in children:
                os.waitpid(child, 0)

    def fork(self, queues: Sequence[str]) -> int:
        child = os.fork()
        if child == 0:
            self.work_here(queues)
            os._exit(0)
        return child

    def work_here(self, queues: Sequence[str]) -> None:
        # A worker waits for messages for minutes: the short timeout is for publishing.
        client = Redis.from_url(self.url)
        worker = Worker([self.queue(name, client) for name in queues], connection=client, serializer=JSONSerializer)
        worker.work(logging_level="WARNING")
