"""Readers, writers and mishaps of the model's schedules, on real stores and real databases."""

import json
import secrets
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue
from subprocess import DEVNULL, Popen
from threading import Semaphore, Thread, current_thread
from typing import Any, Protocol

import redis
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from hotroute.cache.redis_client.client import RedisClient
from hotroute.cache.store.base import IDENTITY, Entry, FillRequest, Flight, LookupResult, LookupState, Store
from hotroute.cache.store.memory import MemoryStore
from hotroute.cache.store.redis import RedisStore
from hotroute.cache.tracking.writes import WriteTracker
from hotroute.database import engines
from hotroute.serving.stack.redis_server import command
from tests.cache.model.protocol import BUILT
from tests.servers import clean_environment, end, free_port, wait_until

MARK_TTL = 600.0
"""Seconds; no schedule waits for one, it is told that it is over."""


class Mishaps(Protocol):
    """What a store can be made to suffer; tags and tokens are its own."""

    store: Store

    def evict_nonce(self, tag: str) -> None: ...
    def evict_entries(self) -> None: ...
    def expire_mark(self, tags: Sequence[str], token: str) -> None: ...
    def expire_lease(self, flight: Flight) -> None: ...


class InMemory:
    def __init__(self) -> None:
        self.store: MemoryStore = MemoryStore(mark_ttl=MARK_TTL, lease_ttl=MARK_TTL)

    def evict_nonce(self, tag: str) -> None:
        del self.store.nonces[tag]

    def lose_nonce(self, tag: str) -> None:
        self.store.nonces.pop(tag, None)

    def evict_entries(self) -> None:
        self.store.entries.clear()

    def expire_mark(self, tags: Sequence[str], token: str) -> None:
        for tag in tags:
            if token in self.store.marks.get(tag, {}):
                self.store.marks[tag][token] = -1.0

    def expire_lease(self, flight: Flight) -> None:
        self.store.leases.pop(flight.lease, None)


class OnRedis:
    """A store on a server that is trusted from the start."""

    def __init__(self, url: str) -> None:
        self.link, self.client = RedisClient(url, timeout=5, period=0), redis.Redis.from_url(url)
        self.space = f"replay:{secrets.token_hex(4)}:"
        self.store = RedisStore(self.link, self.space, mark_ttl=MARK_TTL, lease_ttl=MARK_TTL)
        self.trust()

    def trust(self) -> None:
        """The time for which a server that has just started is not trusted is over."""
        self.client.set(f"{self.space}born:{self.client.info('server')['run_id']}", 0)

    def evict_nonce(self, tag: str) -> None:
        assert self.client.delete(f"{self.space}t:{tag}")

    def lose_nonce(self, tag: str) -> None:
        self.client.delete(f"{self.space}t:{tag}")

    def evict_entries(self) -> None:
        for key in self.client.scan_iter(f"{self.space}e:*", _type="hash"):
            self.client.delete(key)

    def expire_mark(self, tags: Sequence[str], token: str) -> None:
        for tag in tags:
            self.client.zadd(f"{self.space}d:{tag}", {token: 1}, xx=True)

    def expire_lease(self, flight: Flight) -> None:
        self.client.delete(flight.lease)

    def damage(self, tag: str) -> None:
        """Found, and repaired, by the next who meets it."""
        self.client.delete(f"{self.space}d:{tag}")
        self.client.set(f"{self.space}d:{tag}", "damaged")
        self.store.repair([], [tag])

    def close(self) -> None:
        self.link.pool.disconnect()
        self.client.close()


class OnOwnServer(OnRedis):
    """
    Args:
        server: that restarts as the schedule says.
        flushed: it is emptied instead, and goes on.
    """

    def __init__(self, server: "OwnServer", *, flushed: bool) -> None:
        super().__init__(server.url)
        self.server, self.flushed = server, flushed

    def restarts(self, step: str) -> None:
        if step == "TRUST":
            self.trust()
        elif step == "SNAPSHOT":
            self.client.save()
        elif self.flushed:
            self.client.flushall()
        else:
            self.server.restart(old=step == "RESTART old")


class OwnServer:
    """A server that can be killed and started again, with what it knew or without."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.environ = {**clean_environment(), "DATA_DIR": str(folder), "REDIS_PORT": str(self.port)}
        self.dump = folder / "redis" / "dump.rdb"
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        self.process = Popen(
            command(self.environ), env=self.environ, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
        )
        with redis.Redis.from_url(self.url) as client:
            wait_until(lambda: answers(client), "Redis answers PING")

    def restart(self, *, old: bool) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if not old:
            self.dump.unlink(missing_ok=True)
        self.start()


def answers(client: "redis.Redis") -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


@contextmanager
def own_server(folder: Path) -> Iterator[OwnServer]:
    server = OwnServer(folder)
    try:
        yield server
    finally:
        end(server.process)


class Database(Protocol):
    """Of versions by tag."""

    def value(self) -> dict[str, int]: ...
    def step(self, writer: "Writer", step: str) -> None:
        """MARK, COMMIT or DONE."""


@dataclass
class Versions:
    """A database without a server: a commit is an addition."""

    store: Store
    committed: dict[str, int]

    def value(self) -> dict[str, int]:
        return dict(self.committed)

    def step(self, writer: "Writer", step: str) -> None:
        if step == "MARK":
            self.store.mark(writer.touches, writer.token)
        elif step == "COMMIT":
            for tag in writer.writes:
                self.committed[tag] += 1
        else:
            self.store.done(writer.touches, writer.token, leave=step == "LEAVE")


class Base(DeclarativeBase):
    """Of one table, which is made and dropped by who uses it."""


class Replayed(Base):
    __tablename__ = "replayed"
    writer: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]


class Transactions:
    """A database whose writers are threads with transactions of their own, stopped before each step.

    Args:
        engine: is followed from here on.
        store: that the steps are taken on.
        writers: how many.
    """

    def __init__(self, engine: Engine, store: Store, writers: int) -> None:
        self.engine = engine
        self.asked = [Queue[str]() for _ in range(writers)]
        self.reached = [Semaphore(0) for _ in range(writers)]
        self.threads: dict[int, Thread] = {}
        Base.metadata.drop_all(engine)
        Base.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            session.execute(insert(Replayed), [{"writer": number, "version": 0} for number in range(writers)])
        WriteTracker(Stepping(store, self.stop)).attach(engine)

    def value(self) -> dict[str, int]:
        with Session(self.engine) as session:
            return {Replayed.__tablename__: sum(session.scalars(select(Replayed.version)))}

    def step(self, writer: "Writer", step: str) -> None:
        number = writer.number
        if number not in self.threads:
            self.threads[number] = Thread(target=self.write, args=(number,), name=str(number), daemon=True)
            self.threads[number].start()
            assert self.reached[number].acquire(timeout=30), "it did not come to its MARK"
        self.asked[number].put(step)
        assert self.reached[number].acquire(timeout=30), f"it did not come to the end of {step}"

    def write(self, number: int) -> None:
        with suppress(Ended), Session(self.engine.execution_options(**engines.WRITES)) as session:
            # Flushed in COMMIT.
            session.get_one(Replayed, number).version += 1
            session.commit()
        self.reached[number].release()

    def stop(self, step: str) -> None:
        if current_thread() not in self.threads.values():
            return  # who makes and drops the tables
        number = int(current_thread().name)
        self.reached[number].release()
        asked = self.asked[number].get(timeout=60)
        if asked == "END":
            self.asked[number].put("END")
            raise Ended
        assert asked == step

    def close(self) -> None:
        for number, thread in self.threads.items():
            self.asked[number].put("END")
            thread.join(30)
            assert not thread.is_alive()
        Base.metadata.drop_all(self.engine)


class Ended(BaseException):
    """A writer that crashed in its schedule is put away in the end."""


class Stepping:
    """The store, as a writer's transaction sees it.

    Args:
        stop: called with the name of the step that comes next.
    """

    def __init__(self, store: Store, stop: Callable[[str], None]) -> None:
        self.store, self.stop = store, stop

    def mark(self, tags: Sequence[str], token: str) -> None:
        self.stop("MARK")
        self.store.mark(tags, token)
        self.stop("COMMIT")

    def done(self, tags: Sequence[str], token: str, *, leave: bool = False) -> None:
        self.stop("DONE")
        self.store.done(tags, token, leave=leave)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


@dataclass
class Writer:
    """`at` is its next step of BUILT."""

    number: int
    writes: tuple[str, ...]
    touches: tuple[str, ...]
    token: str = field(default_factory=lambda: secrets.token_hex(4))
    at: int = 0
    late: bool = False
    over: bool = False
    made: dict[str, int] = field(default_factory=dict)


@dataclass
class Reader:
    """`heard` and `floor` are what had returned, and what was committed, when it asked."""

    number: int
    at: str = "new"
    flight: Flight | None = None
    value: dict[str, int] = field(default_factory=dict)
    floor: dict[str, int] = field(default_factory=dict)
    heard: dict[str, int] = field(default_factory=dict)


class Stale(AssertionError):
    """An answer that breaks a promise."""


class Replay:
    """Takes a schedule's steps, one after the other, as the code does them.

    Args:
        mishaps: the store, and what can happen to it.
        database: the committed versions.
        tags: of every question, in the order of the model's.
        used: those of them that the answer depends on.
        exact: the schedule is of the protocol as it is built, and says what each step must find.
    """

    def __init__(
        self, mishaps: Any, database: Database, tags: tuple[str, ...], used: tuple[str, ...], *, exact: bool
    ) -> None:
        self.mishaps, self.database, self.tags, self.used, self.exact = mishaps, database, tags, used, exact
        self.store: Store = mishaps.store
        self.writers: dict[int, Writer] = {}
        self.readers: dict[int, Reader] = {}
        self.returned = dict.fromkeys(tags, 0)
        self.steps: list[str] = []

    def run(self, schedule: Sequence[str]) -> None:
        for step in schedule:
            self.steps.append(step)
            who, _, what = step.partition(" ")
            if who[0] == "W" and who[1:].isdigit():
                self.write(self.writers[int(who[1:])], what)
            elif who[0] == "R" and who[1:].isdigit():
                self.read(self.readers.setdefault(int(who[1:]), Reader(int(who[1:]))), what)
            else:
                self.happen(step)
        self.finish()

    def finish(self) -> None:
        """S: who is still writing gets to an end, the marks of those who did not are over, and then a hit is new."""
        for writer in self.writers.values():
            while not writer.over and 0 < writer.at < len(BUILT):
                self.write(writer, BUILT[writer.at])
            self.mishaps.expire_mark(writer.touches, writer.token)
        self.read(Reader(0), "LOOK")
        self.steps.append("the end")

    # Writers

    def write(self, writer: Writer, step: str) -> None:
        if step == "CRASHES":
            writer.over = True
        elif step == "COMMIT UNKNOWN, LEAVE":
            self.database.step(writer, "LEAVE")
            writer.over = True
        elif step == "COMMITS UNHEARD":
            self.database.step(writer, "COMMIT")
        elif step in BUILT and not writer.over:
            while writer.at <= BUILT.index(step):
                self.proceed(writer)

    def proceed(self, writer: Writer) -> None:
        step = BUILT[writer.at]
        writer.at += 1
        if step == "COMMIT" and writer.late:
            self.database.step(writer, "DONE")
            writer.at, writer.over = len(BUILT), True
        elif step == "RETURN":
            self.returned = {tag: max(version, writer.made.get(tag, 0)) for tag, version in self.returned.items()}
        else:
            self.database.step(writer, step)
        if step == "COMMIT" and not writer.over:
            writer.made = {tag: version for tag, version in self.database.value().items() if tag in writer.writes}

    # Readers

    def read(self, reader: Reader, step: str) -> None:
        if step == "BEGIN":
            reader.at, reader.value = "older", self.database.value()
        elif step.startswith(("LOOK", "FETCH")):
            self.look(reader, step)
        elif step == "READ" and reader.at == "lead":
            reader.value = reader.value or self.database.value()
        elif step in ("SAVE", "RELEASE") and reader.flight and reader.value:
            self.save(reader.flight, reader.value, step if reader.at == "lead" else "RELEASE")
            reader.at = "end"
        elif step in ("PEEK hit", "PEEK lead", "GIVES UP") and reader.flight:
            answer = self.store.peek(reader.flight)
            self.expect(step, "PEEK", answer, reader)
            reader.at = answer.state.value

    def look(self, reader: Reader, step: str) -> None:
        older = reader.at == "older"
        reader.floor, reader.heard = self.database.value(), dict(self.returned)
        question = FillRequest("answer", self.tags, (IDENTITY,), secrets.token_hex(4))
        found = self.store.find(question.key, question.encodings)
        answer = found or self.store.look(question)
        assert found or not answer.entry, "who would not lead hits where who would does"
        self.expect(step, "LOOK", answer, reader)
        assert not answer.entry or self.store.find(question.key, question.encodings) == answer, "a glance finds it too"
        # What an older transaction reads is refused by the capture (`changes.watch`).
        reader.at, reader.flight = ("refused" if older else answer.state.value), answer.flight

    def expect(self, step: str, asked: str, answer: LookupResult, reader: Reader) -> None:
        if answer.entry:
            said = json.loads(answer.entry.body)
            for tag in self.used:
                if said[tag] < max(reader.floor[tag], reader.heard[tag]):
                    raise Stale(f"{said} where {reader.floor} was committed: {', '.join(self.steps)}")
        if self.exact and step != asked:
            over = asked == "PEEK" and answer.state in (LookupState.WAIT, LookupState.GAVE_UP)
            state = "GIVES UP" if over else f"{asked} {answer.state.value}"
            assert state == step, f"{state}: {', '.join(self.steps)}"

    def save(self, flight: Flight, value: dict[str, int], step: str) -> None:
        if step == "SAVE":
            self.store.save(flight, self.used, Entry(b"{}", json.dumps(value).encode()), [], 3600)
        else:
            self.store.release(flight)

    # Mishaps

    def happen(self, step: str) -> None:
        what, _, of = step.partition(" ")
        if step.startswith("EVICT nonce"):
            self.mishaps.evict_nonce(self.tags[int(of.split()[1])])
        elif step == "EVICT entry":
            self.mishaps.evict_entries()
        elif step.startswith("EXPIRE mark"):
            writer = self.writers[int(step[-1])]
            writer.late = True
            self.mishaps.expire_mark(writer.touches, writer.token)
        elif step.startswith("EXPIRE lease"):
            flight = self.readers[int(step[-1])].flight
            assert flight
            self.mishaps.expire_lease(flight)
        elif what == "DAMAGE":
            self.mishaps.damage(self.tags[int(of.split(",")[0].split()[1])])
        elif step != "EVICT marks 0":
            self.mishaps.restarts(step)
