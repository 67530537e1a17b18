"""The outbox: a job is a row of the transaction that asks for it, and is published after that transaction's COMMIT."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Table, and_, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import RowMapping

from hotroute.database.engines import WRITES
from hotroute.jobs.registry import JobKind
from hotroute.jobs.storage.table import epoch_now


class IdempotencyKeyReusedError(Exception):
    """The caller has used the key already, for a job with other arguments."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """The statements that put jobs into the table and get them out to the broker."""

    engine: Engine
    table: Table
    relay_after: float
    republish_after: float

    def add(  # noqa: PLR0913  # each is a column
        self,
        connection: Connection,
        kind: JobKind,
        arguments: Mapping[str, Any],
        *,
        owner: str,
        request_id: str,
        idempotency_key: str | None,
    ) -> RowMapping:
        """Add a job, or return the one that the same caller has asked for by the same key. The caller commits.

        Two requests at once with one key: the second waits for the first one's transaction, and finds its job.

        Raises:
            IdempotencyKeyReusedError: the key belongs to a job with other arguments.
        """
        values = self.new_row(kind, arguments, owner, request_id, idempotency_key)
        if connection.dialect.name == "postgresql":
            connection.execute(postgresql.insert(self.table).values(values).on_conflict_do_nothing())
        else:
            connection.execute(sqlite.insert(self.table).values(values).on_conflict_do_nothing())
        jobs = self.table.c
        same_key = and_(jobs.owner == owner, jobs.kind == kind.name, jobs.idempotency_key == idempotency_key)
        row = (
            connection.execute(select(self.table).where(same_key if idempotency_key else jobs.id == values["id"]))
            .mappings()
            .one()
        )
        if row["arguments"] != dict(arguments):
            raise IdempotencyKeyReusedError(idempotency_key)
        return row

    def new_row(
        self, kind: JobKind, arguments: Mapping[str, Any], owner: str, request_id: str, idempotency_key: str | None
    ) -> dict[str, Any]:
        return {
            "id": secrets.token_hex(16),
            "kind": kind.name,
            "queue": kind.queue,
            "owner": owner,
            "arguments": dict(arguments),
            "idempotency_key": idempotency_key,
            "request_id": request_id,
            "state": "queued",
            "attempt": 0,
            "done": 0,
            "total": 0,
            "message": "",
            "version": 1,
            "is_cancel_requested": False,
            "is_published": False,
            "created_at": epoch_now(),
            "publish_at": epoch_now() + self.relay_after,
        }

    def mark_published(self, job_id: str) -> None:
        """Note that a broker has the job, so that the relay leaves it alone for a while."""
        waits = and_(self.table.c.id == job_id, self.table.c.state == "queued")
        with self.engine.connect().execution_options(**WRITES) as connection, connection.begin():
            connection.execute(
                update(self.table)
                .where(waits)
                .values(is_published=True, publish_at=epoch_now() + literal(self.republish_after))
            )

    def release_expired(self) -> list[str]:
        """Put jobs back whose workers are gone, and return their ids."""
        jobs = self.table.c
        is_abandoned = and_(jobs.state == "running", jobs.lease_until < epoch_now())
        values = {
            "state": "queued",
            "worker_token": None,
            "lease_until": None,
            "is_published": False,
            "publish_at": epoch_now(),
            "version": jobs.version + 1,
        }
        with self.engine.connect() as connection:
            if connection.execute(select(jobs.id).where(is_abandoned).limit(1)).first() is None:
                return []
        with self.engine.connect().execution_options(**WRITES) as connection, connection.begin():
            statement = update(self.table).where(is_abandoned).values(values).returning(jobs.id)
            return list(connection.scalars(statement))

    def take_due(self, crowded: Iterable[str], limit: int) -> list[RowMapping]:
        """Return jobs that are to be published now, each to one relay at a time.

        Args:
            crowded: queues with many messages: a job in one of these is most likely among them, and a second message
                for each would only make the queue longer. Jobs that no broker has seen are published all the same.
            limit: jobs in one call.
        """
        jobs = self.table.c
        is_due = and_(jobs.state == "queued", jobs.publish_at < epoch_now())
        is_worth_it = or_(~jobs.is_published, jobs.queue.not_in(list(crowded)))
        chosen = select(jobs.id).where(is_due, is_worth_it).order_by(jobs.publish_at).limit(limit)
        with self.engine.connect() as connection:
            if connection.execute(chosen.limit(1)).first() is None:
                return []
        with self.engine.connect().execution_options(**WRITES) as connection, connection.begin():
            statement = (
                update(self.table)
                .where(jobs.id.in_(chosen.with_for_update(skip_locked=True)), jobs.state == "queued")
                .values(publish_at=epoch_now() + literal(self.relay_after))
                .returning(jobs.id, jobs.queue, jobs.kind)
            )
            return list(connection.execute(statement).mappings())
