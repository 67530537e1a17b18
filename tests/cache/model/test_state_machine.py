"""Whatever happens in whatever order: an answer is never older than the newest commit, held against a dict."""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import Engine, create_engine, delete, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from hotroute.cache.store.base import IDENTITY, Entry, FillRequest, Flight, LookupState, TagVersions
from hotroute.cache.store.memory import MemoryStore
from hotroute.cache.tracking.writes import WriteTracker
from hotroute.database import engines
from tests.cache.model import broken
from tests.cache.model.players import InMemory, OnOwnServer, OwnServer, own_server
from tests.databases import driver

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "60"))
TAGS = ("one", "two", "three")
OUTCOMES = ("commit", "roll back", "crash", "commit and crash", "unknown")
tags = st.sampled_from(TAGS)
keys = st.sampled_from(["/one", "/two", "/all"])
READS = {"/one": ("one",), "/two": ("two", "one"), "/all": TAGS}


class Readers(RuleBasedStateMachine):
    """Of a store that must never be behind `committed`, the newest versions."""

    make: Any

    @initialize()
    def begin(self) -> None:
        self.on = self.make()
        self.space = secrets.token_hex(3)
        self.committed = dict.fromkeys(TAGS, 0)
        self.begin_writing()
        self.flights: list[tuple[Flight, tuple[str, ...], dict[str, int]]] = []
        self.waiting: list[tuple[Flight, dict[str, int]]] = []

    def begin_writing(self) -> None:
        raise NotImplementedError

    def name(self, tag: str) -> str:
        return f"{self.space}:{tag}"

    def teardown(self) -> None:
        if hasattr(getattr(self, "on", None), "close"):
            self.on.close()

    # Reads

    @rule(key=keys)
    def ask(self, key: str) -> None:
        names = tuple(map(self.name, READS[key]))
        question = FillRequest(self.space + key, names, (IDENTITY,), secrets.token_hex(4))
        answer = self.on.store.find(question.key, question.encodings) or self.on.store.look(question)
        if answer.entry:
            self.check(answer.entry, READS[key], self.committed)
        elif answer.flight and answer.state is LookupState.LEAD:
            # What is read may be read later than it was asked, never earlier.
            self.flights.append((answer.flight, READS[key], {}))
        elif answer.flight:
            self.waiting.append((answer.flight, dict(self.committed)))

    @precondition(lambda self: self.flights)
    @rule(which=st.integers(0))
    def find_out(self, which: int) -> None:
        _flight, read, found = self.flights[which % len(self.flights)]
        found.update({tag: self.committed[tag] for tag in read if tag not in found})

    @precondition(lambda self: self.flights)
    @rule(which=st.integers(0), fewer=st.booleans())
    def store(self, which: int, fewer: bool) -> None:
        flight, read, found = self.flights.pop(which % len(self.flights))
        used = read[:1] if fewer else read
        body = ",".join(f"{tag}={found.get(tag, self.committed[tag])}" for tag in used)
        self.on.store.save(flight, list(map(self.name, used)), Entry(b"{}", body.encode()), [], 3600)

    @rule(key=keys)
    def read(self, key: str) -> None:
        """Asked, found out and stored at once, as most are."""
        before = len(self.flights)
        self.ask(key)
        if len(self.flights) > before:
            self.store(before, fewer=False)

    @precondition(lambda self: self.flights)
    @rule(which=st.integers(0))
    def lead_in_vain(self, which: int) -> None:
        self.on.store.release(self.flights.pop(which % len(self.flights))[0])

    @precondition(lambda self: self.waiting)
    @rule(which=st.integers(0))
    def wait(self, which: int) -> None:
        flight, floor = self.waiting[which % len(self.waiting)]
        answer = self.on.store.peek(flight)
        if answer.entry:
            self.check(answer.entry, TAGS, floor)

    def check(self, entry: Entry, read: tuple[str, ...], floor: dict[str, int]) -> None:
        said = {tag: int(version) for tag, version in (part.split("=") for part in entry.body.decode().split(","))}
        assert all(said[tag] >= floor[tag] for tag in said if tag in read), f"{said} is older than {floor}"

    # Mishaps

    @rule()
    def evict_entries(self) -> None:
        self.on.evict_entries()

    @rule(tag=tags)
    def evict_a_nonce(self, tag: str) -> None:
        self.on.lose_nonce(self.name(tag))

    @precondition(lambda self: self.flights)
    @rule(which=st.integers(0))
    def expire_a_lease(self, which: int) -> None:
        self.on.expire_lease(self.flights[which % len(self.flights)][0])


class Machine(Readers):
    """A dict of versions. What marks protect is what may commit."""

    def begin_writing(self) -> None:
        self.open: list[tuple[str, list[str], set[str]]] = []
        self.left: list[tuple[str, list[str]]] = []

    @rule(changed=st.sets(tags, min_size=1), undone=st.sets(tags))
    def mark(self, changed: set[str], undone: set[str]) -> None:
        """`undone` was written in a savepoint that was rolled back: it stays touched."""
        token = secrets.token_hex(4)
        touched = sorted(map(self.name, changed | undone))
        self.on.store.mark(touched, token)
        self.open.append((token, touched, changed))

    @precondition(lambda self: self.open)
    @rule(
        which=st.integers(0), outcome=st.sampled_from(["commit", "roll back", "crash", "commit and crash", "unknown"])
    )
    def end(self, which: int, outcome: str) -> None:
        token, touched, changed = self.open.pop(which % len(self.open))
        if outcome in ("commit", "commit and crash", "unknown"):
            self.commit(changed)
        if outcome in ("crash", "commit and crash"):
            self.left.append((token, touched))
        elif outcome == "unknown":
            self.on.store.done(touched, token, leave=True)
            self.left.append((token, touched))
        else:
            self.on.store.done(touched, token)

    @precondition(lambda self: self.open)
    @rule(which=st.integers(0))
    def commit_and_go_on(self, which: int) -> None:
        """Committed, and DONE is still to come."""
        self.commit(self.open[which % len(self.open)][2])

    def commit(self, changed: set[str]) -> None:
        for tag in changed:
            self.committed[tag] += 1

    @precondition(lambda self: self.left)
    @rule(which=st.integers(0))
    def expire_a_mark(self, which: int) -> None:
        token, touched = self.left.pop(which % len(self.left))
        self.on.expire_mark(touched, token)


class RedisMachine(Machine):
    """With a server that is killed, or emptied, and comes back with nothing, or with what it knew once."""

    saved = False

    @rule(flushed=st.booleans())
    def restart_empty(self, flushed: bool) -> None:
        self.on.flushed = flushed
        self.on.restarts("RESTART empty")
        self.saved = False

    @rule()
    def save_a_snapshot(self) -> None:
        self.on.restarts("SNAPSHOT")
        self.saved = True

    @precondition(lambda self: self.saved)
    @rule()
    def restart_old(self) -> None:
        self.on.flushed = False
        self.on.restarts("RESTART old")

    @precondition(lambda self: not self.open)
    @rule()
    def become_trusted(self) -> None:
        """When no transaction is left that a mark of before protected."""
        self.on.trust()


class Base(DeclarativeBase):
    """Of a table for each tag, with one row."""

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]


class One(Base):
    __tablename__ = "machine_one"


class Two(Base):
    __tablename__ = "machine_two"


class Three(Base):
    __tablename__ = "machine_three"


MODELS: dict[str, type[Base]] = {"one": One, "two": Two, "three": Three}


class Commits(Readers):
    """With one writer's real transactions. Readers come in between COMMIT and DONE, too."""

    engine: Engine
    relay: "Relay"

    def begin_writing(self) -> None:
        self.relay.machine, self.between = None, list[str]()
        with self.engine.execution_options(**engines.WRITES).begin() as connection:
            for model in MODELS.values():
                connection.execute(delete(model))
                connection.execute(insert(model).values(id=1, version=0))
        self.relay.machine = self
        self.session = Session(self.engine.execution_options(**engines.WRITES))

    def name(self, tag: str) -> str:
        return f"machine_{tag}"

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.close()

    @rule(tag=tags)
    def change(self, tag: str) -> None:
        """Flushed by whatever comes next, COMMIT perhaps."""
        self.session.get_one(MODELS[tag], 1).version += 1

    @rule(tag=tags)
    def execute(self, tag: str) -> None:
        model = MODELS[tag]
        self.session.execute(update(model).values(version=model.version + 1))

    @rule(tag=tags, undone=st.booleans())
    def change_in_a_savepoint(self, tag: str, undone: bool) -> None:
        savepoint = self.session.begin_nested()
        self.session.get_one(MODELS[tag], 1).version += 1
        (savepoint.rollback if undone else savepoint.commit)()

    @rule()
    def roll_back(self) -> None:
        self.session.rollback()

    @rule(between=st.lists(keys, max_size=2))
    def commit(self, between: list[str]) -> None:
        self.between = between
        self.session.commit()
        self.see()

    def see(self) -> None:
        with self.engine.connect() as connection:
            rows = {tag: connection.scalars(select(model.version)).one() for tag, model in MODELS.items()}
        self.committed = rows

    def come_between(self) -> None:
        self.see()
        for key in self.between:
            self.ask(key)


class Relay:
    """The store of the machine that runs."""

    machine: Commits | None = None
    mark_ttl = 600.0

    def mark(self, tags: Sequence[str], token: str) -> None:
        if self.machine:
            self.machine.on.store.mark(tags, token)

    def done(self, tags: Sequence[str], token: str, *, leave: bool = False) -> None:
        if self.machine:
            self.machine.come_between()
            self.machine.on.store.done(tags, token, leave=leave)


@contextmanager
def commits(url: str) -> Iterator[type[Commits]]:
    engine = create_engine(**engines.options(driver(url), pool_size=2, timeout=10))
    engines.prepare(engine)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    relay: Any = Relay()
    WriteTracker(relay).attach(engine)
    try:
        yield type("CommitsInMemory", (Commits,), {"make": InMemory, "engine": engine, "relay": relay})
    finally:
        relay.machine = None
        Base.metadata.drop_all(engine)
        engine.dispose()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    with own_server(tmp_path_factory.mktemp("machine")) as running:
        yield running


def run(machine: type[Readers], examples: int, **options: Any) -> None:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    chosen = settings(
        max_examples=examples, stateful_step_count=50, deadline=None, suppress_health_check=slow, database=None,
        derandomize="PROVE_EXAMPLES" not in os.environ,
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=settings(chosen, **options))


def refuted(machine: type[Readers], examples: int) -> None:
    """The machine finds an answer that is too old; how to make it shorter is of no interest."""
    with pytest.raises(AssertionError, match="is older than"):
        run(machine, examples, phases=[Phase.generate], derandomize=True, report_multiple_bugs=False)


def in_memory() -> type[Machine]:
    return type("InMemoryMachine", (Machine,), {"make": InMemory})


def on(server: OwnServer, machine: type[Machine] = Machine) -> type[Machine]:
    return type("OnRedisMachine", (machine,), {"make": lambda _: OnOwnServer(server, flushed=False)})


def test_memory_is_never_behind_a_dict() -> None:
    run(in_memory(), EXAMPLES * 4)


def test_redis_is_never_behind_a_dict(server: OwnServer) -> None:
    run(on(server), EXAMPLES)


def test_redis_that_restarts_is_never_behind_a_dict(server: OwnServer) -> None:
    run(on(server, RedisMachine), EXAMPLES)


def test_memory_is_never_behind_a_database(database_url: str) -> None:
    with commits(database_url) as machine:
        run(machine, EXAMPLES)


# The machine notices what it is there for


def no_mark(store: MemoryStore, tags: Sequence[str], token: str) -> None:
    pass


def any_entry(store: MemoryStore, vector: TagVersions) -> bool:
    return True


BREAKS = {"mark": no_mark, "current": any_entry}
"""What a random walk finds soon; the others are left to the replay (`test_replay_breaks.py`)."""


@pytest.mark.parametrize("step", BREAKS)
def test_a_store_that_is_broken_is_behind_a_dict(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemoryStore, step, BREAKS[step])
    refuted(in_memory(), 1000)


def walk(machine: type[Commits]) -> None:
    """The shortest that tells the session's events from the engine's, which a random walk seldom takes."""
    walking = machine()
    walking.begin()
    try:
        walking.read("/one")
        walking.change("one")
        walking.commit([])
        walking.ask("/one")
    finally:
        walking.teardown()


def test_the_sessions_events_in_place_of_the_engines_are_behind_a_database(database_url: str) -> None:
    with commits(database_url) as machine:
        walk(machine)
        with broken.session_events(), pytest.raises(AssertionError, match="is older than"):
            walk(machine)
