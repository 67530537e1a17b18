"""A seed is one transaction on an empty database."""

import signal
from pathlib import Path

import click
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from conduit import seed
from conduit.seed.size import Size
from hotroute.database import engines
from tests import databases
from tests.conduit.seed import command, contents
from tests.conduit.seed.conftest import fill

NOTHING = dict.fromkeys((table.name for table in contents.TABLES), 0) | {"counters": 1}


def test_a_database_with_users_is_refused_and_left_as_it_is(engine: Engine) -> None:
    fill(engine, Size(20, 1))
    before = {table.name: contents.rows(engine, table.name) for table in contents.TABLES}
    with pytest.raises(click.ClickException, match="has users already"):
        fill(engine, Size(20, 2))
    assert {table.name: contents.rows(engine, table.name) for table in contents.TABLES} == before


def test_a_database_is_empty_until_it_is_seeded(engine: Engine) -> None:
    with Session(engine) as session:
        assert seed.is_empty(session)
    fill(engine, Size(1, 1))
    with Session(engine) as session:
        assert not seed.is_empty(session)


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.matrix("blow")
def test_an_interrupted_seed_leaves_nothing(
    engine: Engine, database_url: str, redis_url: str, tmp_path: Path, blow: signal.Signals
) -> None:
    process = command.start(database_url, redis_url, Size(60_000, 1), tmp_path)
    assert process.stderr is not None
    # The users are in by then, and the articles are being written.
    seen = any(line.startswith("tags:") for line in iter(process.stderr.readline, ""))
    process.send_signal(blow)
    code, output = command.finish(process)
    assert seen
    assert code != 0, output
    assert contents.counted(engine) == NOTHING
    fill(engine, Size(20, 1))
    assert contents.counted(engine)["articles"] == 20


@pytest.mark.matrix
def test_a_seed_may_take_longer_than_a_request(engine: Engine, database_url: str) -> None:
    hurried = create_engine(**engines.options(databases.driver(database_url), pool_size=1, timeout=0.05))
    engines.prepare(hurried)
    fill(hurried, Size(8_000, 1))
    hurried.dispose()
    assert contents.counted(engine)["articles"] == 8_000


def test_of_two_seeds_at_once_one_is_refused(engine: Engine, database_url: str, redis_url: str, tmp_path: Path) -> None:
    processes = [command.start(database_url, redis_url, Size(2_000, number), tmp_path) for number in (1, 2)]
    finished = sorted(command.finish(process) for process in processes)
    assert [code for code, _ in finished] == [0, 1]
    assert "has users already" in finished[1][1]
    assert contents.counted(engine)["articles"] == 2_000
