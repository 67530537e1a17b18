"""Watching jobs in the database: one statement for all that are followed in this process, however many listen."""

import logging
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import SQLAlchemyError

from hotroute.jobs.storage.status import JobStatusStore

log = logging.getLogger(__name__)

ROUND_SECONDS = 0.5


class JobWatcher:
    """Reads the watched jobs round after round, and wakes those who wait for a change."""

    def __init__(self, status: JobStatusStore) -> None:
        self.status = status
        self.changed = threading.Condition()
        self.watched: Counter[str] = Counter()
        self.rows: dict[str, RowMapping] = {}
        self.thread: threading.Thread | None = None

    @contextmanager
    def watch(self, job_id: str) -> Iterator[None]:
        """Keep a job watched within the block."""
        with self.changed:
            self.watched[job_id] += 1
            self.start()
        try:
            yield
        finally:
            with self.changed:
                self.watched[job_id] -= 1
                if not self.watched[job_id]:
                    del self.watched[job_id]
                    self.rows.pop(job_id, None)

    def start(self) -> None:
        if self.thread is None:
            self.thread = threading.Thread(target=self.run, name="job-watcher", daemon=True)
            self.thread.start()

    def wait_for_change(self, job_id: str, version: int, seconds: float) -> RowMapping | None:
        """Return the job once it is newer than `version`; None if that takes longer than `seconds`."""

        def is_newer() -> bool:
            row = self.rows.get(job_id)
            return row is not None and row["version"] > version

        with self.changed:
            return self.rows[job_id] if self.changed.wait_for(is_newer, seconds) else None

    def run(self) -> None:
        pause = threading.Event()
        while not pause.wait(ROUND_SECONDS):
            try:
                self.read_once()
            except SQLAlchemyError as failure:
                log.warning("could not read the jobs that are followed, trying again: %s", failure)

    def read_once(self) -> None:
        with self.changed:
            watched = list(self.watched)
        if not watched:
            return
        found = self.status.find_any(watched)
        with self.changed:
            self.rows.update({row["id"]: row for row in found if row["id"] in self.watched})
            self.changed.notify_all()
