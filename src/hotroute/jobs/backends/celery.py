"""Celery: on Redis, or on RabbitMQ with quorum queues."""

import signal
from collections.abc import Callable, Sequence
from typing import Any

from hotroute.extras import extra
from hotroute.jobs.backends.base import BrokerUnavailableError, Pool

with extra("jobs"):
    from celery import Celery  # type: ignore[import-untyped]
    from celery.signals import worker_process_init  # type: ignore[import-untyped]
    from kombu.exceptions import ChannelError, OperationalError

TASK = "hotroute.run_job"
TIMEOUT = 0.5
"""Seconds to connect to the broker, and to wait for its answer."""

VISIBILITY_SECONDS = 3600
"""After this Redis delivers an unacknowledged message again. The leases in the database are sooner."""

POOLS: dict[Pool, str] = {"processes": "prefork", "threads": "threads", "gevent": "gevent"}


class CeleryBackend:
    """A `JobBackend` on Celery.

    Args:
        broker_url: redis://, rediss:// or amqp://.
    """

    def __init__(self, broker_url: str) -> None:
        self.app = Celery("hotroute", broker=broker_url, set_as_current=False)
        self.app.conf.update(configure(broker_url))
        self.run: Callable[[str], None] | None = None

        def run_job(job_id: str) -> None:
            if self.run is None:
                raise RuntimeError("this process publishes jobs and does not run them")
            self.run(job_id)

        self.task = self.app.task(run_job, name=TASK, ignore_result=True)

    def publish(self, job_id: str, queue: str) -> None:
        try:
            self.task.apply_async((job_id,), queue=queue, retry=False)
        except (OperationalError, OSError) as failure:
            raise BrokerUnavailableError(str(failure)) from failure

    def count_messages(self, queue: str) -> int:
        try:
            with self.app.connection_for_write() as connection, connection.channel() as channel:
                return int(self.app.amqp.queues[queue].bind(channel).queue_declare(passive=True).message_count)
        except ChannelError:
            # No worker has declared the queue yet.
            return 0
        except (OperationalError, OSError) as failure:
            raise BrokerUnavailableError(str(failure)) from failure

    def work(self, run: Callable[[str], None], queues: Sequence[str], concurrency: int, pool: Pool) -> None:
        self.run = run
        worker_process_init.connect(ignore_termination)
        options = [f"--queues={','.join(queues)}", f"--concurrency={concurrency}", f"--pool={POOLS[pool]}"]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
        self.app.worker_main(["worker", *options, *quiet])


def ignore_termination(**_sender: object) -> None:
    """Let a child finish its job where TERM is sent to the whole process group, as supervisors do."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def configure(broker_url: str) -> dict[str, Any]:
    """Return Celery's settings; each is described in "Configuration and defaults" of its manual."""
    settings: dict[str, Any] = {
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_cancel_long_running_tasks_on_connection_loss": True,
        "broker_connection_timeout": TIMEOUT,
        "broker_connection_retry_on_startup": True,
        "task_ignore_result": True,
        "task_create_missing_queues": True,
    }
    if broker_url.startswith("amqp"):
        return settings | {
            "task_default_queue_type": "quorum",
            "task_default_exchange_type": "topic",
            "broker_transport_options": {"confirm_publish": True},
            "worker_detect_quorum_queues": True,
        }
    return settings | {
        "broker_transport_options": {
            "visibility_timeout": VISIBILITY_SECONDS,
            "socket_connect_timeout": TIMEOUT,
            "socket_timeout": TIMEOUT,
        }
    }
