"""Reading, cancelling and forgetting jobs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Table, and_, select, update
from sqlalchemy.engine import RowMapping

from hotroute.database.engines import WRITES
from hotroute.jobs.storage.table import FINISHED, epoch_now


@dataclass(frozen=True, slots=True)
class JobStatusStore:
    """The statements behind the status resource."""

    engine: Engine
    table: Table

    def find(self, job_id: str, owner: str) -> RowMapping | None:
        """Return the caller's job; None where there is none, or it is another's."""
        jobs = self.table.c
        with self.engine.connect() as connection:
            found = connection.execute(select(self.table).where(jobs.id == job_id, jobs.owner == owner))
            return found.mappings().one_or_none()

    def find_any(self, job_ids: Collection[str]) -> Sequence[RowMapping]:
        """Return jobs whoever owns them; who follows one was authorised when that began."""
        with self.engine.connect() as connection:
            return connection.execute(select(self.table).where(self.table.c.id.in_(job_ids))).mappings().all()

    def request_cancel(self, job_id: str, owner: str) -> None:
        """Cancel a job that waits at once; ask the worker of one that runs to end it."""
        jobs = self.table.c
        mine = and_(jobs.id == job_id, jobs.owner == owner)
        waiting = {"state": "cancelled", "finished_at": epoch_now(), "publish_at": None, "version": jobs.version + 1}
        with self.engine.connect().execution_options(**WRITES) as connection, connection.begin():
            connection.execute(update(self.table).where(mine, jobs.state == "queued").values(waiting))
            asked = update(self.table).where(mine, jobs.state == "running").values(is_cancel_requested=True)
            connection.execute(asked)

    def run_again(self, job_id: str) -> bool:
        """Queue a failed job once more, with all its attempts."""
        jobs = self.table.c
        again: dict[str, Any] = {
            "state": "queued",
            "attempt": 0,
            "is_published": False,
            "publish_at": epoch_now(),
            "finished_at": None,
            "version": jobs.version + 1,
        }
        with self.engine.connect().execution_options(**WRITES) as connection, connection.begin():
            failed = update(self.table).where(jobs.id == job_id, jobs.state == "failed")
            return connection.execute(failed.values(again)).rowcount == 1

    def expire(self, retention: float) -> int:
        """Forget what finished longer ago than `retention` seconds: the id stays, for 410, without what it held."""
        jobs = self.table.c
        empty: dict[str, Any] = {"state": "expired", "arguments": {}, "result": None, "problem": None}
        old = and_(jobs.state.in_(FINISHED), jobs.finished_at < epoch_now() - retention)
        with self.engine.connect().execution_options(**WRITES) as connection, connection.begin():
            forgotten = update(self.table).where(old).values(empty | {"traceback": None, "idempotency_key": None})
            return connection.execute(forgotten).rowcount
