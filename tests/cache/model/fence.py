"""The fence of R10: writers that cannot reach Redis, a row in the database for each of their processes, and time."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from hotroute.cache.tracking.outage_fence import Fence
from tests.cache.model.explore import Violation

STEPS = {
    "ENSURE": Fence.upsert_row,  # the process's row is there, and holds for a while
    "CHECK": Fence.is_engaged,  # has somebody waited already whose row stands?
    "WAITED": Fence.engage,  # the longest that the fence may have lived is over; the row says so
    "T0": Fence.renew,  # Redis's time, before ...
    "ROWS": Fence.renew,  # ... the rows are looked at,
    "SET": Fence.renew,  # and the fence lives for a while from that time, if there were none
    "EXPIRED": Fence.expire_rows,  # rows that nobody may commit under any more;
    "BUMP": Fence.expire_rows,  # what was stored before counts no more,
    "DELETE": Fence.expire_rows,  # and they go, unless they hold again
}
LIFE = 1
"""Ticks that a fence lives; it is over in the first tick after."""

OVER = (9, 0, 0, 0)


@dataclass(frozen=True)
class Design:
    """What is built, by default.

    Attributes:
        processes: of each writer; threads of a process share its row.
        writer, renewer, drainer: their steps in order.
        checks: LOOK asks for the fence.
        deadline: a writer whose row has expired must not commit.
        same: DELETE leaves a row alone that holds again.
        born: who has waited says so of the row that stood while it waited only.
        holds: ticks that a row does.
    """

    processes: tuple[int, ...] = (0, 1)
    writer: tuple[str, ...] = ("ENSURE", "CHECK", "WAITED", "COMMIT")
    renewer: tuple[str, ...] = ("T0", "ROWS", "SET")
    drainer: tuple[str, ...] = ("EXPIRED", "BUMP", "DELETE")
    checks: bool = True
    deadline: bool = True
    same: bool = True
    born: bool = True
    holds: int = 2
    readers: int = 2


class Row(NamedTuple):
    """One that was deleted and made again is another: `born` says so."""

    until: int
    waited: bool
    born: int


class World(NamedTuple):
    """`rows` by process; a writer is its next step, since when it waits, until when it may commit, and when
    its row was made."""

    now: int = 0
    db: int = 0
    epoch: int = 0
    fence: int = -9
    entry: tuple[int, int] | None = None
    rows: tuple[Row | None, ...] = (None, None)
    writers: tuple[tuple[int, int, int, int], ...] = ()
    readers: tuple[tuple[str, int, int], ...] = ()
    renewer: tuple[int, int] = (0, 0)
    drainer: tuple[int, tuple[Row | None, ...]] = (0, ())


class FenceModel:
    def __init__(self, design: Design) -> None:
        self.design = design

    def start(self) -> World:
        return World(
            writers=((0, 0, 0, 0),) * len(self.design.processes), readers=(("new", 0, 0),) * self.design.readers
        )

    def moves(self, world: World) -> Iterator[tuple[str, World]]:
        yield "TICK", world._replace(now=world.now + 1)
        for number in range(len(world.writers)):
            for step, after in self.write(world, number):
                yield f"W{number + 1} {step}", after
        for number in range(len(world.readers)):
            for step, after in self.read(world, number):
                yield f"R{number + 1} {step}", after
        yield from self.renew(world)
        yield from self.drain(world)

    def wrong(self, world: World) -> str:
        quiet = all(writer == OVER for writer in world.writers) and (not any(world.rows) or self.alive(world))
        return "S" if quiet and world.entry and world.entry[0] == world.epoch and world.entry[1] < world.db else ""

    def same(self, world: World) -> Hashable:
        """Times matter by how long ago they were, up to where all is over; names by whether they are the same."""
        now = world.now
        rows = [row and (max(row.until - now, 0), row.waited) for row in world.rows]
        standing = [world.rows[process] for process in self.design.processes]
        writers = [
            (at, max(since - now, -LIFE), max(until - now, 0), bool(row and row.born == born))
            for (at, since, until, born), row in zip(world.writers, standing, strict=True)
        ]
        readers = sorted((at, epoch == world.epoch, value) for at, epoch, value in world.readers)
        entry = world.entry and (world.entry[0] == world.epoch, world.entry[1])
        at, found = world.drainer
        seen = [bool(each) and (each == row or (row and "again")) for each, row in zip(found, world.rows, strict=False)]
        times = (max(world.fence - now, -LIFE), world.renewer[0], max(world.renewer[1] - now, -LIFE))
        return repr((rows, writers, readers, entry, at, seen, times, world.db))

    def alive(self, world: World) -> bool:
        return not self.design.checks or world.now < world.fence + LIFE

    # A writer

    def write(self, world: World, number: int) -> Iterator[tuple[str, World]]:
        at, since, until, born = world.writers[number]
        if at == OVER[0]:
            return
        step, process = self.design.writer[at], self.design.processes[number]
        row = world.rows[process]
        yield "CRASHES", turn(world, number, OVER)
        if step == "ENSURE":
            mine = Row(world.now + self.design.holds, bool(row and row.waited), row.born if row else world.now)
            yield step, turn(put(world, process, mine), number, (at + 1, 0, mine.until, mine.born))
        elif step == "CHECK":
            found = any(each and each.waited for each in world.rows)
            after = self.note(world, number) if found else turn(world, number, (at + 1, world.now, until, born))
            yield f"{step} finds one" if found else step, after
        elif step == "WAITED" and world.now >= since + LIFE:
            yield step, self.note(world, number)
        elif step == "COMMIT" and (world.now < until or not self.design.deadline):
            yield step, turn(world._replace(db=world.db + 1), number, OVER)
        elif step == "COMMIT":
            yield "IS LATE", turn(world, number, OVER)

    def note(self, world: World, number: int) -> World:
        """The fence is down as long as this row stands, if it is still the same."""
        at, since, until, born = world.writers[number]
        process = self.design.processes[number]
        row = world.rows[process]
        following = self.design.writer.index("COMMIT")
        if "ENSURE" not in self.design.writer[:at]:
            return turn(world, number, (at + 1, since, until, born))
        if not row or (row.born != born and self.design.born):
            return turn(world, number, OVER)
        return turn(put(world, process, row._replace(waited=True)), number, (following, since, until, born))

    # A reader

    def read(self, world: World, number: int) -> Iterator[tuple[str, World]]:
        at, epoch, value = world.readers[number]
        if at == "new" and not self.alive(world):
            yield "LOOK dirty", reading(world, number, "end")
        elif at == "new" and world.entry and world.entry[0] == world.epoch:
            if world.entry[1] < world.db:
                raise Violation(f"R{number + 1} LOOK hit", "A")
            yield "LOOK hit", reading(world, number, "end")
        elif at == "new":
            yield "LOOK lead", reading(world, number, "lead", world.epoch)
        elif at == "lead":
            yield "READ", reading(world, number, "save", epoch, world.db)
        elif at == "save":
            entry = (epoch, value) if epoch == world.epoch else world.entry
            yield "SAVE", reading(world._replace(entry=entry), number, "end")

    # Workers that reach Redis

    def renew(self, world: World) -> Iterator[tuple[str, World]]:
        at, time = world.renewer
        step = self.design.renewer[at]
        following = (at + 1) % len(self.design.renewer)
        if step == "T0":
            yield step, world._replace(renewer=(following, world.now))
        elif step == "ROWS" and any(world.rows):
            yield "ROWS some", world._replace(renewer=(0, 0))
        elif step == "ROWS":
            yield step, world._replace(renewer=(following, time))
        else:
            yield step, world._replace(renewer=(0, 0), fence=max(world.fence, time))

    def drain(self, world: World) -> Iterator[tuple[str, World]]:
        at, found = world.drainer
        step = self.design.drainer[at]
        following = (at + 1) % len(self.design.drainer)
        if step == "EXPIRED":
            expired = tuple(row if row and row.until <= world.now else None for row in world.rows)
            if any(expired):
                yield step, world._replace(drainer=(following, expired))
        elif step == "BUMP":
            yield step, world._replace(epoch=world.epoch + 1, drainer=(following, found))
        else:
            rows = tuple(
                None if seen and row and (seen.until == row.until or not self.design.same) else row
                for seen, row in zip(found, world.rows, strict=True)
            )
            yield step, world._replace(rows=rows, drainer=(following, found if following else ()))


def turn(world: World, number: int, writer: tuple[int, int, int, int]) -> World:
    return world._replace(writers=(*world.writers[:number], writer, *world.writers[number + 1 :]))


def put(world: World, process: int, row: Row) -> World:
    return world._replace(rows=(*world.rows[:process], row, *world.rows[process + 1 :]))


def reading(world: World, number: int, at: str, epoch: int = 0, value: int = 0) -> World:
    return world._replace(readers=(*world.readers[:number], (at, epoch, value), *world.readers[number + 1 :]))
