"""Asking for a job in a transaction of its own."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.engine import RowMapping

from conduit.extensions import db, jobs
from conduit.web import authentication
from hotroute.database.transaction import writing
from hotroute.jobs.registry import JobFunction
from hotroute.logging import request_id

Enqueue = Callable[[dict[str, Any], str | None], RowMapping]


def accept_job(function: JobFunction) -> Enqueue:
    """Return how a request asks for this job: as its caller, once for each idempotency key."""

    def enqueue(arguments: dict[str, Any], key: str | None) -> RowMapping:
        owner = str(authentication.identify("required"))
        with writing(db.session):
            return jobs.enqueue(
                db.session, function, arguments, owner=owner, request_id=request_id.get() or "", idempotency_key=key
            )

    return enqueue
