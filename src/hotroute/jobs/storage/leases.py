"""Leases on jobs: a job runs in one worker at a time, and another one takes it over when its worker is gone."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, Update, and_, literal, or_, update
from sqlalchemy.engine import RowMapping

from hotroute.database.engines import WRITES
from hotroute.jobs.storage.table import MESSAGE_CHARACTERS, epoch_now


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to run a job; `token` differs for each attempt, so that a late worker changes nothing."""

    job_id: str
    token: str


@dataclass(frozen=True, slots=True)
class LeaseStore:
    """The statements about running jobs. Each is one transaction, except where a connection is given."""

    engine: Engine
    table: Table
    seconds: float

    @contextmanager
    def writer(self) -> Iterator[Connection]:
        """Open a transaction that writes, and commit it at the block's end."""
        with self.engine.connect().execution_options(**WRITES) as connection, connection.begin():
            yield connection

    def claim(self, job_id: str) -> RowMapping | None:
        """Take a job that waits, or whose worker has gone silent; None where there is nothing to take.

        A second delivery of one message finds the job running or finished, and takes nothing.
        """
        jobs = self.table.c
        is_free = or_(jobs.state == "queued", and_(jobs.state == "running", jobs.lease_until < epoch_now()))
        statement = (
            update(self.table)
            .where(jobs.id == job_id, is_free)
            .values(
                state="running",
                worker_token=secrets.token_hex(16),
                attempt=jobs.attempt + 1,
                version=jobs.version + 1,
                started_at=epoch_now(),
                lease_until=epoch_now() + self.seconds,
                publish_at=None,
            )
            .returning(*self.table.c)
        )
        with self.writer() as connection:
            return connection.execute(statement).mappings().one_or_none()

    def renew(self, lease: Lease) -> bool | None:
        """Renew a lease. Return whether the job's owner wants it cancelled; None where the lease is lost."""
        renewed = self.held(lease).values(lease_until=epoch_now() + self.seconds)
        with self.writer() as connection:
            is_cancel_requested: bool | None = connection.scalar(renewed.returning(self.table.c.is_cancel_requested))
        return is_cancel_requested

    def report(self, lease: Lease, done: int, total: int, message: str) -> bool:
        """Write progress, within the database's timeout; False where the lease is lost."""
        return self.write(lease, {"done": done, "total": total, "message": message[:MESSAGE_CHARACTERS]})

    def retry(self, lease: Lease, delay: float, problem: dict[str, Any], traceback: str) -> bool:
        """Put the job back; the relay publishes it after `delay` seconds."""
        values = {"publish_at": epoch_now() + literal(delay), "is_published": False}
        return self.write(lease, self.released("queued") | values | {"problem": problem, "traceback": traceback})

    def fail(self, lease: Lease, problem: dict[str, Any], traceback: str) -> bool:
        return self.write(lease, self.finished("failed") | {"problem": problem, "traceback": traceback})

    def cancel(self, lease: Lease) -> bool:
        return self.write(lease, self.finished("cancelled"))

    def complete(self, connection: Connection, lease: Lease, result: Any) -> bool:
        """Write the result; the caller commits."""
        values = self.finished("succeeded") | {"result": result, "problem": None, "traceback": None}
        return connection.execute(self.changed(lease, values)).rowcount == 1

    def write(self, lease: Lease, values: Mapping[str, Any]) -> bool:
        """Change a job that is still ours; False where it is not."""
        with self.writer() as connection:
            return connection.execute(self.changed(lease, values)).rowcount == 1

    def changed(self, lease: Lease, values: Mapping[str, Any]) -> Update:
        return self.held(lease).values(version=self.table.c.version + 1, **values)

    def held(self, lease: Lease) -> Update:
        ours: ColumnElement[bool] = self.table.c.worker_token == lease.token
        return update(self.table).where(self.table.c.id == lease.job_id, ours, self.table.c.state == "running")

    def released(self, state: str) -> dict[str, Any]:
        return {"state": state, "worker_token": None, "lease_until": None}

    def finished(self, state: str) -> dict[str, Any]:
        return self.released(state) | {"finished_at": epoch_now(), "publish_at": None}
