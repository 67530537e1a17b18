"""The same size and number make the same rows: in every process, on every database."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from conduit.seed.size import Size
from tests import databases
from tests.conduit.seed import command, contents
from tests.conduit.seed.conftest import fill


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> dict[str, str]:
    """The digests of a SQLite database that another process has seeded, with other hashes of its strings."""
    folder = tmp_path_factory.mktemp("other")
    url = f"sqlite:///{folder / 'conduit.db'}"
    with databases.connected(url) as engine:
        databases.migrate(engine)
        code, output = command.finish(command.start(url, redis_url, Size(250, 7), folder, hash_seed="1"))
        assert code == 0, output
        return contents.digest(engine)


def test_another_process_makes_the_same_rows(
    engine: Engine, database_url: str, redis_url: str, tmp_path: Path, expected: dict[str, str]
) -> None:
    code, output = command.finish(command.start(database_url, redis_url, Size(250, 7), tmp_path, hash_seed="2"))
    assert code == 0, output
    assert contents.digest(engine) == expected


def test_another_number_makes_other_rows(engine: Engine, expected: dict[str, str]) -> None:
    fill(engine, Size(250, 8))
    found = contents.digest(engine)
    # The seed leaves the two others empty.
    assert {name for name in found if found[name] == expected[name]} == {"counters", "jobs", "link_previews"}


@pytest.mark.parametrize("articles", [1, 2, 30])
def test_a_database_may_be_tiny(engine: Engine, articles: int) -> None:
    fill(engine, Size(articles, 1))
    found = contents.counted(engine)
    assert (found["users"], found["articles"], found["comments"]) == (5, articles, articles * 3 // 2)
