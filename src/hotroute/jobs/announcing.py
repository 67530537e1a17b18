"""Telling those who follow a job by Socket.IO that it has changed, from whichever process changed it."""

import logging
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from hotroute import redis_client
from hotroute.extras import extra
from hotroute.jobs.representation import describe
from hotroute.jobs.storage.status import JobStatusStore
from hotroute.jobs.worker.context import Announce

log = logging.getLogger(__name__)

EVENT = "job"
CHANNEL = "flask-socketio"
"""As Flask-SocketIO calls it."""

TIMEOUT = 0.5
"""Seconds to reach the message queue; who follows a job misses this change, and sees the next one."""


def make_announcer(message_queue: str, status: JobStatusStore) -> Announce:
    """Return a function that sends a job's state to its room; it does nothing without a message queue."""
    if not message_queue:
        return announce_nothing
    return Announcer(message_queue, status).announce


def announce_nothing(_job_id: str) -> None:
    """Leave it to those who poll."""


class Announcer:
    """Writes to the message queue that the stream's Socket.IO server listens to."""

    def __init__(self, url: str, status: JobStatusStore) -> None:
        self.url, self.status = url, status
        self.manager: Any = None

    def announce(self, job_id: str) -> None:
        try:
            rows = self.status.find_any([job_id])
            if rows:
                self.connect().emit(EVENT, describe(rows[0]), room=job_id)
        except (SQLAlchemyError, OSError) as failure:
            log.warning("could not announce a change of job %s: %s", job_id, failure)
        except Exception:
            # A job does not fail because nobody could be told of it.
            log.exception("could not announce a change of job %s", job_id)

    def connect(self) -> Any:
        """Return the manager, made on first use: after the fork of a worker."""
        if self.manager is None:
            with extra("jobs"):
                import socketio  # type: ignore[import-untyped]  # noqa: PLC0415  # only with a message queue

            if self.url.startswith("amqp"):
                self.manager = socketio.KombuManager(self.url, CHANNEL, write_only=True)
            else:
                self.manager = socketio.RedisManager(
                    self.url, CHANNEL, write_only=True, redis_options=redis_client.options(TIMEOUT)
                )
        return self.manager
