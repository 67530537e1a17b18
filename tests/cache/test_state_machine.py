"""Whatever happens in whatever order: an answer is never older than the newest commit, held against a dict."""

import os
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from hotroute.cache.store import IDENTITY, Entry, Flight, Question, State
from tests.cache.players import InMemory, OnOwnServer, OwnServer, own_server

EXAMPLES = int(os.environ.get("PROVE_EXAMPLES", "60"))
TAGS = ("one", "two", "three")
OUTCOMES = ("commit", "roll back", "crash", "commit and crash", "unknown")
tags = st.sampled_from(TAGS)
keys = st.sampled_from(["/one", "/two", "/all"])
READS = {"/one": ("one",), "/two": ("two", "one"), "/all": TAGS}


class Machine(RuleBasedStateMachine):
    """A dict of versions, and a store that must never be behind it. What marks protect is what may commit."""

    make: Any

    @initialize()
    def begin(self) -> None:
        self.on = self.make()
        self.space = secrets.token_hex(3)
        self.committed = dict.fromkeys(TAGS, 0)
        self.flights: list[tuple[Flight, tuple[str, ...], dict[str, int]]] = []
        self.waiting: list[tuple[Flight, dict[str, int]]] = []
        self.open: list[tuple[str, list[str], set[str]]] = []
        self.left: list[tuple[str, list[str]]] = []

    def name(self, tag: str) -> str:
        return f"{self.space}:{tag}"

    def teardown(self) -> None:
        if hasattr(getattr(self, "on", None), "close"):
            self.on.close()

    # Reads

    @rule(key=keys)
    def ask(self, key: str) -> None:
        names = tuple(map(self.name, READS[key]))
        question = Question(self.space + key, names, (IDENTITY,), secrets.token_hex(4))
        answer = self.on.store.find(question.key, question.encodings) or self.on.store.look(question)
        if answer.entry:
            self.check(answer.entry, READS[key], self.committed)
        elif answer.flight and answer.state is State.LEAD:
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

    # Writes

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

    # Mishaps

    @precondition(lambda self: self.left)
    @rule(which=st.integers(0))
    def expire_a_mark(self, which: int) -> None:
        token, touched = self.left.pop(which % len(self.left))
        self.on.expire_mark(touched, token)

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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    with own_server(tmp_path_factory.mktemp("machine")) as running:
        yield running


def run(machine: type[Machine], examples: int) -> None:
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    chosen = settings(
        max_examples=examples, stateful_step_count=50, deadline=None, suppress_health_check=slow, database=None,
        derandomize="PROVE_EXAMPLES" not in os.environ,
    )  # fmt: skip
    run_state_machine_as_test(machine, settings=chosen)


def test_memory_is_never_behind_a_dict() -> None:
    run(type("InMemoryMachine", (Machine,), {"make": InMemory}), EXAMPLES * 4)


def test_redis_is_never_behind_a_dict(server: OwnServer) -> None:
    run(type("OnRedisMachine", (Machine,), {"make": lambda _: OnOwnServer(server, flushed=False)}), EXAMPLES)


def test_redis_that_restarts_is_never_behind_a_dict(server: OwnServer) -> None:
    run(type("RestartingMachine", (RedisMachine,), {"make": lambda _: OnOwnServer(server, flushed=False)}), EXAMPLES)
