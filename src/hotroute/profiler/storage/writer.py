"""Where a worker writes what it measured: its own rows, as they are now, so that a repeated write changes nothing."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table

from hotroute.database import engines
from hotroute.profiler.model.records import Batch
from hotroute.profiler.model.resolutions import FINEST, MINUTE, floor
from hotroute.profiler.storage import engine, facts, maintenance, migrations, sample_codec, schema
from hotroute.profiler.storage.dimensions import Dimensions, clean
from hotroute.profiler.storage.facts import Facts, Key
from hotroute.profiler.storage.fold import Buckets, Fold

REPLACED = (*schema.FACTS, schema.workers, schema.gauges, schema.changes)
TIMEOUT = 5.0
"""Seconds to wait for a lock before a write is given up, unless the URL's query says it."""

IDLE = {"threads": 0, "in_flight": 0, "queue": None, "memory": 0}


class Storage:
    """One worker's way to the storage, for one thread of it. Make it in the process that writes, after a fork.

    Args:
        url: SQLAlchemy's, of a SQLite file in an existing folder, or of PostgreSQL.
        release: names the code that runs.
        worker: names this process among all there ever are: by host, pid and time of its start.

    Attributes:
        keeper: what `keep` runs.
        doubtful: keys of rows by bucket and table that a write which failed may have left: whether a commit came to
            pass is not always known. The next write sets them right.
    """

    def __init__(self, url: str, *, release: str, worker: str, host: str, pid: int) -> None:
        self.engine = engine.engine(url, pool_size=1, timeout=TIMEOUT).execution_options(**engines.WRITES)
        self.worker = schema.identity("worker", worker)
        self.merged = schema.identity("release", release)
        started = time.time()
        self.row: dict[str, Any] = {
            "id": self.worker,
            "worker": clean(worker, 300),
            "release": clean(release, 200),
            "merged": self.merged,
            "host": clean(host, 255),
            "pid": pid,
            "started": started,
            "seen": started,
            **IDLE,
        }
        self.buckets, self.names, self.pulse = Buckets(), Dimensions(), started
        self.keeper = maintenance.Maintenance(self.engine, f"{worker} {started}")
        self.doubtful: dict[int, dict[str, set[Key]]] = {}
        dialect = self.engine.dialect.name
        self.upserts = {
            table: engine.upsert(dialect, table, replace=table in REPLACED) for table in schema.metadata.sorted_tables
        }

    def prepare(self) -> None:
        """Create or migrate the tables; any number of workers of any number of hosts may do so at once.

        Raises:
            sqlalchemy.exc.DBAPIError: the database cannot be reached or written, or was locked for a minute.
        """
        migrations.prepare(self.engine)

    def write(self, batch: Batch, now: float | None = None) -> None:
        """Add the batch to this worker's rows, in one transaction.

        Give a batch that failed again, alone or as a part of a greater one, before a later one: if the first time was
        successful after all, that changes nothing.

        Args:
            now: Unix seconds.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: it was not written, or nobody knows whether it was: no connection, a lock,
                a full disk.
        """
        now = time.time() if now is None else now
        fold = Fold(self.buckets, self.names, now, self.pulse)
        fold.fold(batch)
        worker = self.about(batch, now)
        sums = {bucket: facts.merged_with(self.buckets.rows(bucket), added) for bucket, added in fold.added.items()}
        restored = {
            bucket: facts.rollback_values(self.buckets.rows(bucket), keys) for bucket, keys in self.doubtful.items()
        }
        self.doubt(sums)
        with self.engine.begin() as connection:
            self.write_names(connection, worker)
            self.write_sums(connection, restored)
            self.write_sums(connection, sums)
            self.write_samples(connection, fold)
            self.write_gauges(connection, batch, now)
        self.row, self.pulse = worker, fold.pulse
        self.names.written()
        self.buckets.update(sums)
        self.doubtful.clear()

    def about(self, batch: Batch, now: float) -> dict[str, Any]:
        row = self.row | {"seen": now}
        if batch.pulses:
            last = batch.pulses[-1]
            row |= {"threads": last.threads, "in_flight": last.in_flight, "queue": last.queue, "memory": last.memory}
        return row

    def doubt(self, sums: Mapping[int, Facts]) -> None:
        for bucket, tables in sums.items():
            for table, rows in tables.items():
                self.doubtful.setdefault(bucket, {}).setdefault(table, set()).update(rows)

    def write_names(self, connection: Connection, worker: dict[str, Any]) -> None:
        for table, rows in self.names.unwritten.items():
            # In the same order everywhere: two workers that add the same names do not wait for each other in a circle.
            self.insert(connection, table, (rows[number] for number in sorted(rows)))
        self.insert(connection, schema.workers, [worker])
        if not self.buckets.open:
            everyone = {"id": self.merged, "worker": "", "host": "", "pid": 0, **IDLE}
            release = engine.upsert(connection.dialect.name, schema.workers, replace=False)
            connection.execute(release, worker | everyone)

    def write_sums(self, connection: Connection, sums: Mapping[int, Facts]) -> None:
        for table in schema.FACTS:
            for bucket, tables in sums.items():
                rows = facts.rows(table, tables, resolution=FINEST, bucket=bucket, worker=self.worker)
                self.insert(connection, table, rows)
        coarser = sorted({floor(bucket, MINUTE) for bucket in sums})
        marks = [{"resolution": MINUTE, "bucket": bucket, "worker": self.worker} for bucket in coarser]
        self.insert(connection, schema.changes, marks)

    def write_samples(self, connection: Connection, fold: Fold) -> None:
        rows = (sample_codec.row(series, self.worker, sample) for series, sample in fold.samples)
        self.insert(connection, schema.samples, rows)

    def write_gauges(self, connection: Connection, batch: Batch, now: float) -> None:
        rows = ({"name": clean(name, 100), "value": value, "time": now} for name, value in sorted(batch.gauges.items()))
        self.insert(connection, schema.gauges, rows)

    def insert(self, connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
        if parameters := list(rows):
            connection.execute(self.upserts[table], parameters)

    def keep(self, now: float | None = None, budget: float = maintenance.BUDGET) -> bool:
        """Add up, delete what is old, give over: to be called every few seconds in every worker, one of which does it.

        Args:
            now: Unix seconds.
            budget: seconds after which it comes back, to go on at the next call.

        Returns:
            whether nothing is left to do for now; if not, it is better called in a second than in ten.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database did not let it. Nothing is lost; it tries again.
        """
        return self.keeper.run(time.time() if now is None else now, budget)

    def close(self) -> None:
        self.engine.dispose()
