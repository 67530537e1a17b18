"""The model's schedules, step by step, on real servers and with real transactions: each race, and walks at random."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import create_engine

from hotroute.cache.redis_client.client import Unreachable
from hotroute.database import engines
from tests.cache.model.explore import explore, walks
from tests.cache.model.players import (
    InMemory,
    OnOwnServer,
    OnRedis,
    OwnServer,
    Reader,
    Replay,
    Replayed,
    Transactions,
    Versions,
    Writer,
    own_server,
)
from tests.cache.model.protocol import BROKEN, SCENARIOS, Break, Protocol, Scenario
from tests.cache.model.steps import Model
from tests.databases import driver

WALKS = int(os.environ.get("PROVE_WALKS", "40"))
"""Schedules at random, of each scenario and store; a tenth of it where each restarts a server."""
SEED = int(os.environ.get("PROVE_SEED", "7"))
RESTARTS = ("restart", "restart old", "damage")


def schedules(broken: Break) -> Iterator[tuple[str, ...]]:
    """The shortest for each promise that is broken."""
    for promise in broken.breaks:
        model = Model(broken.protocol, broken.scenario, promise)
        yield explore(model.start(), model.moves, model.wrong, model.same).schedule


def replay(on: InMemory | OnRedis, scenario: Scenario, schedule: tuple[str, ...] | list[str], *, exact: bool) -> Replay:
    tags = tuple(f"{number}:{secrets.token_hex(2)}" for number in range(scenario.tags))
    run = Replay(
        on, Versions(on.store, dict.fromkeys(tags, 0)), tags, tuple(tags[tag] for tag in scenario.used), exact=exact
    )
    for number, writes in enumerate(scenario.writes):
        touches = tuple(tags[tag] for tag in scenario.marked(number))
        run.writers[number + 1] = Writer(number, tuple(tags[tag] for tag in writes), touches)
    run.run(schedule)
    return run


def needs_restarts(scenario: Scenario) -> bool:
    return any(what in scenario.happens for what in RESTARTS)


@contextmanager
def on_redis(url: str) -> Iterator[OnRedis]:
    stage = OnRedis(url)
    try:
        yield stage
    finally:
        stage.close()


@contextmanager
def on_own(server: OwnServer, *, flushed: bool = False) -> Iterator[OnOwnServer]:
    stage = OnOwnServer(server, flushed=flushed)
    try:
        yield stage
    finally:
        stage.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    with own_server(tmp_path_factory.mktemp("server")) as running:
        yield running


# What breaks other protocols does not break this one


@pytest.mark.parametrize("name", [name for name in BROKEN if not needs_restarts(BROKEN[name].scenario)])
def test_the_schedule_that_breaks_another_protocol_is_harmless(name: str, redis_url: str) -> None:
    for schedule in schedules(BROKEN[name]):
        replay(InMemory(), BROKEN[name].scenario, schedule, exact=False)
        with on_redis(redis_url) as stage:
            replay(stage, BROKEN[name].scenario, schedule, exact=False)


@pytest.mark.parametrize("name", [name for name in BROKEN if needs_restarts(BROKEN[name].scenario)])
def test_the_schedule_that_breaks_another_protocol_by_a_restart_is_harmless(name: str, server: OwnServer) -> None:
    for schedule in schedules(BROKEN[name]):
        with on_own(server) as stage:
            replay(stage, BROKEN[name].scenario, schedule, exact=False)


# The model says what the code does


@pytest.mark.parametrize("name", [name for name in SCENARIOS if not needs_restarts(SCENARIOS[name])])
@pytest.mark.parametrize("kind", ["memory", "redis"])
def test_the_store_answers_as_the_model_says(kind: str, name: str, redis_url: str) -> None:
    model = Model(Protocol(), SCENARIOS[name])
    for schedule in walks(model.start(), model.moves, WALKS, SEED):
        if kind == "memory":
            replay(InMemory(), SCENARIOS[name], schedule, exact=True)
        else:
            with on_redis(redis_url) as stage:
                replay(stage, SCENARIOS[name], schedule, exact=True)


@pytest.mark.parametrize("name", [name for name in SCENARIOS if needs_restarts(SCENARIOS[name])])
def test_a_server_that_is_killed_answers_as_the_model_says(name: str, server: OwnServer) -> None:
    model = Model(Protocol(), SCENARIOS[name])
    for schedule in walks(model.start(), model.moves, max(1, WALKS // 10), SEED):
        with on_own(server) as stage:
            replay(stage, SCENARIOS[name], schedule, exact=True)


@pytest.mark.parametrize("name", [name for name in SCENARIOS if "restart" in SCENARIOS[name].happens])
def test_a_server_that_is_flushed_answers_as_the_model_says(name: str, server: OwnServer) -> None:
    """Its run goes on, with nothing in it."""
    model = Model(Protocol(), SCENARIOS[name])
    for schedule in walks(model.start(), model.moves, WALKS, SEED):
        with on_own(server, flushed=True) as stage:
            replay(stage, SCENARIOS[name], schedule, exact=True)


# With real transactions


@contextmanager
def followed(url: str, on: OnRedis, writers: int) -> Iterator[Transactions]:
    engine = create_engine(**engines.options(driver(url), pool_size=4, timeout=10))
    engines.prepare(engine)
    transactions = Transactions(engine, on.store, writers)
    try:
        yield transactions
    finally:
        transactions.close()
        engine.dispose()


ONE_WRITER = Scenario(((0,),), happens={"crash": 1})
COMMITS = {name: broken for name, broken in BROKEN.items() if set(broken.scenario.happens) <= {"crash"}}


def replay_commits(
    url: str, redis_url: str, scenario: Scenario, schedule: tuple[str, ...] | list[str], *, exact: bool
) -> None:
    tag = Replayed.__tablename__
    writers = len(scenario.writes)
    with on_redis(redis_url) as stage, followed(url, stage, writers) as transactions:
        run = Replay(stage, transactions, (tag,), (tag,), exact=exact)
        run.writers = {number + 1: Writer(number, (tag,), (tag,)) for number in range(writers)}
        run.run(schedule)


@pytest.mark.parametrize("name", [name for name, broken in COMMITS.items() if len(broken.scenario.writes) == 1])
def test_the_schedule_that_breaks_another_protocol_is_harmless_with_real_commits(
    name: str, database_url: str, redis_url: str
) -> None:
    for schedule in schedules(BROKEN[name]):
        replay_commits(database_url, redis_url, BROKEN[name].scenario, schedule, exact=False)


@pytest.mark.only("postgresql")
@pytest.mark.parametrize("name", [name for name, broken in COMMITS.items() if len(broken.scenario.writes) == 2])
def test_two_real_commits_at_a_time_are_harmless(name: str, database_url: str, redis_url: str) -> None:
    """On PostgreSQL, where two transactions write at a time; SQLite has one."""
    for schedule in schedules(BROKEN[name]):
        replay_commits(database_url, redis_url, BROKEN[name].scenario, schedule, exact=False)


def test_real_commits_go_as_the_model_says(database_url: str, redis_url: str) -> None:
    model = Model(Protocol(), ONE_WRITER)
    for schedule in walks(model.start(), model.moves, WALKS // 4, SEED):
        replay_commits(database_url, redis_url, ONE_WRITER, schedule, exact=True)


# A server that answers, and not as it should


@pytest.fixture
def stage(server: OwnServer) -> Iterator[OnOwnServer]:
    with on_own(server) as made:
        yield made
        made.client.replicaof("NO", "ONE")
        made.client.config_set("maxmemory", "0")


def cast(stage: OnOwnServer) -> Replay:
    tag = secrets.token_hex(4)
    run = Replay(stage, Versions(stage.store, {tag: 0}), (tag,), (tag,), exact=True)
    run.writers[1] = Writer(0, (tag,), (tag,))
    return run


def test_what_cannot_be_marked_on_a_read_only_server_is_not_committed(stage: OnOwnServer) -> None:
    run = cast(stage)
    for step in ("LOOK lead", "READ", "SAVE"):
        run.read(run.readers.setdefault(1, Reader(1)), step)
    stage.client.replicaof("127.0.0.1", "1")
    with pytest.raises(Unreachable):
        run.write(run.writers[1], "COMMIT")
    stage.client.replicaof("NO", "ONE")
    run.read(Reader(2), "LOOK hit")


def test_a_mark_that_a_read_only_server_keeps_goes_on(stage: OnOwnServer) -> None:
    run = cast(stage)
    run.write(run.writers[1], "COMMIT")
    stage.client.replicaof("127.0.0.1", "1")
    with pytest.raises(Unreachable):
        run.write(run.writers[1], "DONE")
    stage.client.replicaof("NO", "ONE")
    run.read(Reader(2), "LOOK dirty")
    run.happen("EXPIRE mark of W1")
    run.read(Reader(3), "LOOK lead")


def test_a_full_server_marks_and_stores_nothing(stage: OnOwnServer) -> None:
    run = cast(stage)
    run.read(run.readers.setdefault(1, Reader(1)), "LOOK lead")
    stage.client.config_set("maxmemory", "1")
    run.read(run.readers[1], "READ")
    run.read(run.readers[1], "SAVE")
    run.read(Reader(2), "LOOK lead")
    run.write(run.writers[1], "MARK")
    run.read(Reader(3), "LOOK dirty")
    run.write(run.writers[1], "RETURN")
    run.read(Reader(4), "LOOK lead")
