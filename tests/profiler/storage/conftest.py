"""A storage on each of the databases, empty for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from hotroute.profiler.queries.history import History
from hotroute.profiler.storage.writer import Storage
from tests.profiler.storage import START

DATABASE = "profiler_tests"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "url" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("database")
        only = metafunc.definition.get_closest_marker("only")
        kinds = [kind for kind in (only.args if only else ("sqlite", "postgresql")) if kind == (chosen or kind)]
        metafunc.parametrize("url", kinds, indirect=True)


@pytest.fixture(scope="session")
def own_postgresql(postgresql_url: str) -> str:
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        connection.execute(f"CREATE DATABASE {DATABASE}")
    url = make_url(postgresql_url).set(database=DATABASE)
    return url.render_as_string(hide_password=False)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database in which there is nothing yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'profiler.db'}"
    made: str = request.getfixturevalue("own_postgresql")
    with psycopg.connect(made, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS profiler CASCADE")
    return made


@pytest.fixture
def worker(url: str) -> Iterator[Callable[..., Storage]]:
    """Makes workers; all but the first find the tables prepared."""
    made: list[Storage] = []

    def make(name: str = "web1:100:1", release: str = "r1", query: str = "") -> Storage:
        host, pid, _ = name.split(":")
        storage = Storage(url + query, release=release, worker=name, host=host, pid=int(pid))
        if not made:
            storage.prepare()
        # As if it had been started when the history of these tests begins.
        storage.pulse = storage.row["started"] = storage.row["seen"] = START
        made.append(storage)
        return storage

    yield make
    for storage in made:
        storage.close()


@pytest.fixture
def history(url: str) -> Iterator[History]:
    """At the time `history.clock` gives: a test sets it."""
    made = History(url, clock=lambda: START + 60)
    yield made
    made.close()
