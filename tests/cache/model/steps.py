"""What each step does to the world, as the scripts do it to Redis and the transactions to the database."""

from collections.abc import Hashable, Iterator
from typing import NamedTuple, TypeVar

from tests.cache.model.explore import Violation
from tests.cache.model.protocol import Protocol, Scenario

Vector = tuple[int, ...]
"""A nonce for each tag; 0 where there is none, or where an entry does not depend on the tag."""
URL: Vector = (-1,)
NO_NONCE = -2
"""What no entry is made under."""
NOBODY = -1

T = TypeVar("T")


class Redis(NamedTuple):
    """
    Attributes:
        bang: the nonces that a writer made, by tag ("!" in the scripts).
        marks: the writers that are about, by tag.
        entries: of each run: the vector that it was made under, and what it says.
        leases: what is leased, and who leads; `NOBODY` where it was released.
        lost: how often it has lost marks that were damaged.
    """

    run: int
    trusted: bool
    nonces: Vector
    bang: tuple[bool, ...]
    marks: tuple[frozenset[int], ...]
    entries: tuple[tuple[int, Vector, Vector], ...] = ()
    leases: tuple[tuple[int, Vector, int], ...] = ()
    lost: int = 0


class Writer(NamedTuple):
    """`run` is the server's when it marked; `late` says that its mark expired: it must not commit any more; `made` is
    what its commit made of the database.
    """

    at: int = 0
    run: int = -1
    late: bool = False
    made: Vector = ()
    failed: str = ""
    doubt: bool = False


class Reader(NamedTuple):
    """`floor` and `heard` are what was committed, and what had returned, when its question reached the application."""

    at: str = "new"
    run: int = 0
    vector: Vector = ()
    value: Vector = ()
    floor: Vector = ()
    heard: Vector = ()


class World(NamedTuple):
    redis: Redis
    db: Vector
    returned: Vector
    writers: tuple[Writer, ...]
    readers: tuple[Reader, ...]
    left: tuple[tuple[str, int], ...]
    snapshot: Redis | None = None
    voucher: tuple[int, tuple[int, int]] = (0, (0, 0))
    """Its next step, and the server that it has met: the run, and how often that had lost marks."""


class Model:
    """
    Args:
        protocol: what each one does.
        scenario: who takes part.
        watched: the promises that are looked at.
    """

    def __init__(self, protocol: Protocol, scenario: Scenario, watched: str = "ABS") -> None:
        self.protocol, self.scenario, self.watched = protocol, scenario, watched
        self.none: Vector = (0,) * scenario.tags

    def start(self) -> World:
        tags = self.scenario.tags
        redis = Redis(1, True, self.none, (False,) * tags, (frozenset(),) * tags)
        writers = (Writer(),) * len(self.scenario.writes)
        left = tuple(sorted(self.scenario.happens.items()))
        return World(redis, self.none, self.none, writers, (Reader(),) * self.scenario.readers, left)

    def moves(self, world: World) -> Iterator[tuple[str, World]]:
        for number in range(len(world.writers)):
            for name, after in self.write(world, number):
                yield f"W{number + 1} {name}", renamed(after, self.protocol)
        for number in range(len(world.readers)):
            for name, after in self.read(world, number):
                yield f"R{number + 1} {name}", renamed(after, self.protocol)
        for name, after in self.happen(world):
            yield name, renamed(after, self.protocol)

    def wrong(self, world: World) -> str:
        """S: once the writers are quiet, an entry that would be served is the newest."""
        if "S" not in self.watched or any(self.busy(writer) for writer in world.writers):
            return ""
        for run, vector, value in world.redis.entries:
            if self.counts(world.redis, run, vector) and older(value, world.db, self.scenario.used):
                return "S"
        return ""

    def busy(self, writer: Writer) -> bool:
        return writer.doubt or (not writer.failed and writer.at < len(self.protocol.writer))

    def same(self, world: World) -> Hashable:
        """Readers differ in nothing but their number, and so do writers that write the same."""
        redis = world.redis
        readers = sorted(
            (reader, tuple(lease[:2] for lease in redis.leases if lease[2] == number))
            for number, reader in enumerate(world.readers)
        )
        old = world.snapshot.marks if world.snapshot else ()
        writers = [
            (self.scenario.writes[number], writer, tuple(number in marks for marks in (*redis.marks, *old)))
            for number, writer in enumerate(world.writers)
        ]
        there = (
            redis[:4],
            redis.lost,
            world.voucher,
            redis.entries,
            [lease[:2] for lease in redis.leases],
            world.snapshot and world.snapshot[:4],
        )
        rest = (world.snapshot and world.snapshot.entries, world.snapshot and world.snapshot.leases)
        return repr((there, rest, world.db, world.returned, sorted(writers), readers, world.left))

    # A writer's steps

    def write(self, world: World, number: int) -> Iterator[tuple[str, World]]:
        writer = world.writers[number]
        if writer.doubt:
            # The database commits what nobody waits for any more; not later than the mark holds.
            if not writer.late:
                heard = self.committed(world, number)
                yield "COMMITS UNHEARD", with_writer(heard, number, writer._replace(doubt=False))
            yield "ROLLS BACK UNHEARD", with_writer(world, number, writer._replace(doubt=False))
            return
        if not self.busy(writer):
            return
        step = self.protocol.writer[writer.at]
        yield step, self.take(world, number, step)
        if step == "COMMIT" and not writer.late and (after := spend(world, "unknown")):
            redis = self.done(after.redis, number, leave=self.protocol.leaves)
            gone = writer._replace(failed="unknown", doubt=True)
            yield "COMMIT UNKNOWN, LEAVE", with_writer(after._replace(redis=redis), number, gone)
        if after := spend(world, "crash"):
            yield "CRASHES", with_writer(after, number, writer._replace(failed="crashed"))

    def take(self, world: World, number: int, step: str) -> World:
        writer, redis = world.writers[number], world.redis
        moved = writer._replace(at=writer.at + 1)
        if step == "MARK":
            marked = self.mark(redis, number)
            return with_writer(world._replace(redis=marked), number, moved._replace(run=redis.run))
        if step == "COMMIT" and writer.late:
            after = world._replace(redis=self.done(redis, number))
            return with_writer(after, number, moved._replace(failed="expired"))
        if step == "COMMIT":
            after = self.committed(world, number)
            return with_writer(after, number, after.writers[number]._replace(at=moved.at))
        if step == "DONE":
            return with_writer(world._replace(redis=self.done(redis, number)), number, moved)
        if step == "DELETE":
            return with_writer(world._replace(redis=redis._replace(entries=())), number, moved)
        returned = tuple(map(max, world.returned, writer.made))
        return with_writer(world._replace(returned=returned), number, moved._replace(made=()))

    def committed(self, world: World, number: int) -> World:
        writes = self.scenario.writes[number]
        db = tuple(value + (tag in writes) for tag, value in enumerate(world.db))
        made = tuple(value if tag in writes else 0 for tag, value in enumerate(db))
        return with_writer(world._replace(db=db), number, world.writers[number]._replace(made=made))

    def mark(self, redis: Redis, number: int) -> Redis:
        """scripts/mark.lua"""
        for tag in self.scenario.marked(number):
            redis = redis._replace(marks=put(redis.marks, tag, redis.marks[tag] | {number}))
            redis = self.bump(redis, tag, bang=True)
        return redis

    def done(self, redis: Redis, number: int, *, leave: bool = False) -> Redis:
        """scripts/done.lua"""
        for tag in self.scenario.marked(number):
            marks = redis.marks[tag]
            if not leave:
                marks = frozenset() if self.protocol.marks == "flag" else marks - {number}
            redis = redis._replace(marks=put(redis.marks, tag, marks))
            redis = self.bump(redis, tag, bang=bool(marks))
        return redis

    def bump(self, redis: Redis, tag: int, *, bang: bool) -> Redis:
        counts = self.protocol.nonces == "counters"
        nonce = redis.nonces[tag] + 1 if counts else fresh(redis, tag)
        return redis._replace(nonces=put(redis.nonces, tag, nonce), bang=put(redis.bang, tag, bang))

    # A reader's steps

    def read(self, world: World, number: int) -> Iterator[tuple[str, World]]:
        reader = world.readers[number]
        if reader.at == "new" and not self.protocol.fresh:
            begun = Reader("begun", value=world.db, floor=world.db, heard=world.returned)
            yield "BEGIN", with_reader(world, number, begun)
        if reader.at in ("new", "begun", "not found"):
            yield from self.look(world, number)
        if self.scenario.glances and reader.at in ("new", "begun"):
            yield "GLANCE", self.glance(world, number)
        if reader.at == "glanced":
            yield self.fetch(world, number)
        elif reader.at == "lead":
            value = reader.value or world.db
            yield "READ", with_reader(world, number, reader._replace(at="save", value=value))
        elif reader.at == "save":
            yield "SAVE", with_reader(world._replace(redis=self.save(world.redis, number, reader)), number, END)
            gone = self.freed(world.redis, number)
            yield "RELEASE", with_reader(world._replace(redis=gone), number, END)
        elif reader.at == "wait":
            yield from self.peek(world, number)

    def asked(self, world: World, number: int) -> Reader:
        """Who has not asked before does so now."""
        reader = world.readers[number]
        return Reader("begun", floor=world.db, heard=world.returned) if reader.at == "new" else reader

    def glance(self, world: World, number: int) -> World:
        """cache/store/fast_path.py: MGET"""
        redis = world.redis
        trusted = redis.trusted or not self.protocol.quarantine
        nonces = zip(redis.nonces, redis.bang, strict=True)
        seen = tuple(nonce if trusted and nonce and not bang else NO_NONCE for nonce, bang in nonces)
        return with_reader(world, number, self.asked(world, number)._replace(at="glanced", run=redis.run, vector=seen))

    def fetch(self, world: World, number: int) -> tuple[str, World]:
        """The same: HMGET, which comes later, on the same connection."""
        reader = world.readers[number]
        if self.protocol.remembers:
            reader = reader._replace(floor=world.db, heard=world.returned)
        for run, vector, value in world.redis.entries:
            equal = all(seen in (0, own) for seen, own in zip(vector, reader.vector, strict=True))
            if run == reader.run == world.redis.run and equal:
                self.check(reader, value, f"R{number + 1} FETCH hit")
                return "FETCH hit", with_reader(world, number, END)
        return "FETCH nothing", with_reader(world, number, reader._replace(at="not found", run=0, vector=()))

    def look(self, world: World, number: int) -> Iterator[tuple[str, World]]:
        """scripts/look.lua"""
        asked, redis = self.asked(world, number), world.redis
        if self.protocol.quarantine and not redis.trusted:
            yield "LOOK dirty", with_reader(world, number, END)
            return
        for run, vector, value in redis.entries:
            if self.counts(redis, run, vector):
                self.check(asked, value, f"R{number + 1} LOOK hit")
                yield "LOOK hit", with_reader(world, number, END)
                return
        if any(marks and (bang or not nonce) for nonce, bang, marks in zip(*redis[2:5], strict=True)):
            yield "LOOK dirty", with_reader(world, number, END)
            return
        for tag in range(self.scenario.tags):
            if not redis.nonces[tag] or redis.bang[tag]:
                redis = self.bump(redis, tag, bang=False)
        yield self.lease(world._replace(redis=redis), number, asked)

    def lease(self, world: World, number: int, asked: Reader) -> tuple[str, World]:
        redis = world.redis
        leased = URL if self.protocol.lease == "url" else redis.nonces
        free = self.leader(redis, redis.run, leased) in (None, NOBODY)
        if free:
            redis = led(redis, (redis.run, leased, number))
        found = asked._replace(at="lead" if free else "wait", run=redis.run, vector=redis.nonces)
        return f"LOOK {found.at}", with_reader(world._replace(redis=redis), number, found)

    def leader(self, redis: Redis, run: int, leased: Vector) -> int | None:
        return next((leader for *lease, leader in redis.leases if lease == [run, leased]), None)

    def counts(self, redis: Redis, run: int, vector: Vector) -> bool:
        if self.protocol.run and run != redis.run:
            return False
        return not self.protocol.vectors or all(
            seen == 0 or (seen == nonce and not bang)
            for seen, nonce, bang in zip(vector, redis.nonces, redis.bang, strict=True)
        )

    def check(self, asked: Reader, value: Vector, step: str) -> None:
        for promise, floor in (("B", asked.heard), ("A", asked.floor)):
            if promise in self.watched and older(value, floor, self.scenario.used):
                raise Violation(step, promise)

    def save(self, redis: Redis, number: int, reader: Reader) -> Redis:
        """scripts/save.lua"""
        vector = tuple(nonce if tag in self.scenario.used else 0 for tag, nonce in enumerate(reader.vector))
        equal = all(seen in (0, nonce) for seen, nonce in zip(vector, redis.nonces, strict=True))
        if self.protocol.compares and not equal:
            return self.freed(redis, number)
        redis = redis._replace(leases=tuple(lease for lease in redis.leases if lease[2] != number))
        others = tuple(entry for entry in redis.entries if self.protocol.run and entry[0] != reader.run)
        return redis._replace(entries=(*others, (reader.run, vector, reader.value)))

    def freed(self, redis: Redis, number: int) -> Redis:
        """scripts/lease.lua"""
        held = [lease for lease in redis.leases if lease[2] == number]
        return led(redis, *((run, leased, NOBODY) for run, leased, _ in held))

    def peek(self, world: World, number: int) -> Iterator[tuple[str, World]]:
        """scripts/wait.lua"""
        reader = world.readers[number]
        for run, vector, value in world.redis.entries:
            same = all(seen in (0, own) for seen, own in zip(vector, reader.vector, strict=True))
            if (run == reader.run or not self.protocol.run) and (same or self.protocol.waiter == "any"):
                self.check(reader, value, f"R{number + 1} PEEK hit")
                yield "PEEK hit", with_reader(world, number, END)
                return
        leased = URL if self.protocol.lease == "url" else reader.vector
        if self.leader(world.redis, reader.run, leased) is None:
            redis = led(world.redis, (reader.run, leased, number))
            yield "PEEK lead", with_reader(world._replace(redis=redis), number, reader._replace(at="lead"))
        else:
            yield "GIVES UP", with_reader(world, number, END)

    # What happens to them

    def happen(self, world: World) -> Iterator[tuple[str, World]]:
        for tag in range(self.scenario.tags):
            yield from self.lose(world, tag)
        if world.redis.entries and (after := spend(world, "evict entry")):
            yield "EVICT entry", after._replace(redis=world.redis._replace(entries=()))
        for lease in world.redis.leases:
            if lease[2] != NOBODY and (after := spend(world, "unlease")):
                kept = tuple(each for each in world.redis.leases if each != lease)
                yield f"EXPIRE lease of R{lease[2] + 1}", after._replace(redis=world.redis._replace(leases=kept))
        yield from self.expire(world)
        yield from self.restart(world)
        yield from self.vouch(world)

    def lose(self, world: World, tag: int) -> Iterator[tuple[str, World]]:
        redis = world.redis
        if redis.nonces[tag] and (after := spend(world, "evict")):
            evicted = redis._replace(nonces=put(redis.nonces, tag, 0), bang=put(redis.bang, tag, False))
            yield f"EVICT nonce {tag}", after._replace(redis=evicted)
        if redis.marks[tag] and not self.protocol.kept and (after := spend(world, "evict")):
            unmarked = redis._replace(marks=put(redis.marks, tag, frozenset()))
            yield f"EVICT marks {tag}", after._replace(redis=unmarked)
        if redis.marks[tag] and (after := spend(world, "damage")):
            yield f"DAMAGE marks {tag}, REPAIR", self.repaired(after, tag)

    def repaired(self, world: World, tag: int) -> World:
        """scripts/repair.lua: what cannot be read is deleted, and the server is as if it had just started."""
        redis = world.redis
        writers = tuple(
            writer._replace(run=redis.run - 1) if number in redis.marks[tag] else writer
            for number, writer in enumerate(world.writers)
        )
        redis = redis._replace(
            marks=put(redis.marks, tag, frozenset()), nonces=put(redis.nonces, tag, 0), bang=put(redis.bang, tag, False)
        )
        redis = redis._replace(trusted=not self.protocol.quarantine, lost=redis.lost + 1)
        return world._replace(redis=redis, writers=writers)

    def expire(self, world: World) -> Iterator[tuple[str, World]]:
        """A mark's time is over: the writer must not commit any more, or has, or is no more."""
        for number, writer in enumerate(world.writers):
            marked = any(number in marks for marks in world.redis.marks)
            if (
                (marked or self.may_commit(writer))
                and "expire" in dict(world.left)
                and not (writer.late or writer.doubt)
            ):
                marks = tuple(marks - {number} for marks in world.redis.marks)
                late = writer if self.protocol.early else writer._replace(late=True)
                expired = world._replace(redis=world.redis._replace(marks=marks))
                yield f"EXPIRE mark of W{number + 1}", with_writer(expired, number, late)

    def restart(self, world: World) -> Iterator[tuple[str, World]]:
        redis = world.redis
        if after := spend(world, "snapshot"):
            yield "SNAPSHOT", after._replace(snapshot=redis)
        if after := spend(world, "restart"):
            empty = self.start().redis._replace(run=redis.run + 1, trusted=not self.protocol.quarantine)
            yield "RESTART empty", after._replace(redis=empty)
        if world.snapshot and (after := spend(world, "restart old")):
            # Without a run id, that the server is trusted comes back with the snapshot.
            old = world.snapshot._replace(
                run=redis.run + 1, trusted=not (self.protocol.quarantine and self.protocol.run)
            )
            yield "RESTART old", after._replace(redis=old, snapshot=None)
        if not redis.trusted and not any(self.forgotten(writer, redis) for writer in world.writers):
            yield "TRUST", world._replace(redis=redis._replace(trusted=True))

    def vouch(self, world: World) -> Iterator[tuple[str, World]]:
        """cache/tracking/early_trust.py"""
        at, met = world.voucher
        redis, steps = world.redis, self.protocol.voucher
        after = world if at else spend(world, "vouch")
        if after is None or at == len(steps):
            return
        here = (redis.run, redis.lost)
        if steps[at] == "ASK" and any(map(self.may_commit, world.writers)):
            return
        if steps[at] == "MEET":
            met = here
        elif steps[at] == "CONFIRM" and (met == here or not self.protocol.confirms):
            redis = redis._replace(trusted=True)
        yield f"VOUCH {steps[at]}", after._replace(redis=redis, voucher=(at + 1, met))

    def forgotten(self, writer: Writer, redis: Redis) -> bool:
        """Whether a mark that the server of before knew would still hold for one that may still commit."""
        return self.may_commit(writer) and not writer.late and 0 <= writer.run < redis.run

    def may_commit(self, writer: Writer) -> bool:
        """Between MARK and COMMIT."""
        marked = writer.run >= 0 and self.protocol.writer[writer.at : writer.at + 1] == ("COMMIT",)
        return writer.doubt or (marked and not writer.failed)


END = Reader("end")


def older(value: Vector, than: Vector, used: tuple[int, ...]) -> bool:
    return any(value[tag] < than[tag] for tag in used)


def put(values: tuple[T, ...], index: int, value: T) -> tuple[T, ...]:
    return (*values[:index], value, *values[index + 1 :])


def with_writer(world: World, number: int, writer: Writer) -> World:
    return world._replace(writers=put(world.writers, number, writer))


def with_reader(world: World, number: int, reader: Reader) -> World:
    return world._replace(readers=put(world.readers, number, reader))


def spend(world: World, what: str) -> World | None:
    left = dict(world.left)
    if not left.get(what):
        return None
    left[what] -= 1
    return world._replace(left=tuple(sorted(left.items())))


def led(redis: Redis, *leases: tuple[int, Vector, int]) -> Redis:
    """With these in the place of who led before."""
    others = [each for each in redis.leases if each[:2] not in [lease[:2] for lease in leases]]
    return redis._replace(leases=tuple(sorted((*others, *leases))))


def matters(world: World, lease: tuple[int, Vector, int]) -> bool:
    """One that was released says so to those who wait."""
    run, leased, leader = lease
    waiting = [reader for reader in world.readers if reader.at == "wait" and reader.run == run]
    return leader != NOBODY or any(leased in (URL, reader.vector) for reader in waiting)


def fresh(redis: Redis, tag: int) -> int:
    """Larger than any that is renamed; see `renamed`."""
    return 1000 + max((*redis.nonces, 0)) + tag


def renamed(world: World, protocol: Protocol) -> World:
    """Random nonces have no value but to be equal or not: number them in the order in which they are met."""
    if protocol.nonces == "counters":
        return world
    names: dict[int, int] = {0: 0, -1: -1, NO_NONCE: NO_NONCE}

    def name(vector: Vector) -> Vector:
        return tuple(names.setdefault(nonce, len(names) - 2) for nonce in vector)

    def clean(redis: Redis) -> Redis:
        return redis._replace(
            nonces=name(redis.nonces),
            entries=tuple((run, name(vector), value) for run, vector, value in redis.entries),
            leases=tuple(sorted((run, name(vector), reader) for run, vector, reader in redis.leases)),
        )

    awaited = world.redis._replace(leases=tuple(lease for lease in world.redis.leases if matters(world, lease)))
    return world._replace(
        redis=clean(awaited),
        readers=tuple(reader._replace(vector=name(reader.vector)) for reader in world.readers),
        snapshot=clean(world.snapshot) if world.snapshot else None,
    )
