"""Keeps the storage tidy: sums for coarser buckets, retention, limits. One worker of all does it, bit by bit."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, or_, select

from hotroute.profiler.model.resolutions import FINEST, RESOLUTIONS, finer
from hotroute.profiler.storage import engine, lifetime, retention, rollup, schema

LEASE = "lease"
PAUSE, LONGEST = 10.0, 60.0
SHARE = 50
"""Between two rounds it rests for `SHARE` times as long as the last one took, within these seconds."""

HELD = LONGEST + 30
"""Seconds after which another worker may take over from one that does not say anything."""

BUDGET = 0.05
"""Seconds after which a call comes back, to go on at the next one."""


class NotHeldError(Exception):
    """Another worker is the keeper."""


class Maintenance:
    """
    Args:
        holder: names this worker.
        most_bytes: of all samples.
    """

    def __init__(self, engine: Engine, holder: str, most_bytes: int = retention.MOST_BYTES) -> None:
        self.engine, self.holder, self.most_bytes = engine, holder, most_bytes
        self.now = self.next_run_at = self.spent = 0.0
        self.steps: Iterator[None] | None = None

    def run(self, now: float, budget: float = BUDGET) -> bool:
        """Do what is due, for about `budget` seconds; False if that was not enough, so that it is to be called again.

        Raises:
            sqlalchemy.exc.SQLAlchemyError: the database did not let it; the round begins again at a later call.
        """
        # A clock that was set back does not make it rest for longer.
        if self.next_run_at - LONGEST <= now < self.next_run_at:
            return True
        self.now, self.next_run_at = now, now + PAUSE
        try:
            over = self.run_slice(budget)
        except NotHeldError:
            self.spent, self.next_run_at = 0.0, now + HELD / 3
            return True
        if over:
            self.next_run_at = now + max(PAUSE, min(LONGEST, SHARE * self.spent))
            self.spent = 0.0
        else:
            self.next_run_at = 0.0
        return over

    def run_slice(self, budget: float) -> bool:
        began, busy = time.monotonic(), time.thread_time()
        # An error ends the steps for good.
        steps, self.steps = self.steps or self.current_steps(), None
        try:
            for _ in steps:
                if time.monotonic() - began > budget:
                    self.steps = steps
                    return False
            return True
        finally:
            self.spent += time.thread_time() - busy

    def current_steps(self) -> Iterator[None]:
        for resolution in RESOLUTIONS[1:]:
            yield from self.roll(resolution)
        with self.transaction() as connection:
            lifetime.advance(connection, self.now)
        yield
        yield from self.expire()
        yield from self.tidy()

    def roll(self, resolution: int) -> Iterator[None]:
        with self.transaction() as connection:
            complete = self.now if finer(resolution) == FINEST else known(connection, finer(resolution))
            buckets = rollup.changed(connection, resolution)
        for bucket in buckets:
            with self.transaction() as connection:
                rollup.roll(connection, resolution, bucket)
            yield
        with self.transaction() as connection:
            state = {"name": str(resolution), "holder": self.holder, "time": complete}
            connection.execute(engine.upsert(connection.dialect.name, schema.state), state)
        yield

    def expire(self) -> Iterator[None]:
        while True:
            with self.transaction() as connection:
                due = list(retention.expired(connection, self.now))
            if not due:
                return
            for resolution, bucket in due:
                with self.transaction() as connection:
                    retention.drop(connection, resolution, bucket)
                yield

    def tidy(self) -> Iterator[None]:
        dropped = retention.AT_ONCE
        while dropped >= retention.AT_ONCE:
            with self.transaction() as connection:
                dropped = retention.drop_samples(connection, self.now, self.most_bytes)
            yield
        with self.transaction() as connection:
            retention.update_workers(connection, self.now)
            retention.drop_statements(connection)
            retention.shrink(connection)
        yield

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction of the keeper: nobody else is it until the commit.

        Raises:
            NotHeldError: another worker is.
        """
        state = schema.state.c
        with self.engine.begin() as connection:
            free = or_(state.holder == self.holder, state.time < self.now)
            take = engine.upsert(connection.dialect.name, schema.state, where=free)
            # The row stays locked, so that there are not two even if one was thought to be dead.
            connection.execute(take, {"name": LEASE, "holder": self.holder, "time": self.now + HELD})
            if connection.scalar(select(state.holder).where(state.name == LEASE)) != self.holder:
                raise NotHeldError
            yield connection


def known(connection: Connection, resolution: int) -> float:
    return connection.scalar(select(schema.state.c.time).where(schema.state.c.name == str(resolution))) or 0.0
