"""An empty database before each test, and one that was seeded for all tests of a file."""

import io
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from rich.console import Console
from sqlalchemy import Engine

from conduit import seed
from conduit.seed.size import Size
from tests import databases

SIZE = Size(articles=600, number=3)


class Seeded(NamedTuple):
    """A database with 600 articles, and what its seeding printed."""

    engine: Engine
    output: str

    @property
    def password(self) -> str:
        return self.output.partition("the password ")[2].split()[0]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with databases.connected(database_url) as engine:
        databases.empty(engine)
        yield engine
        databases.empty(engine)


@pytest.fixture(scope="module")
def seeded(database_url: str) -> Iterator[Seeded]:
    with databases.connected(database_url) as engine:
        databases.empty(engine)
        yield Seeded(engine, fill(engine, SIZE))
        databases.empty(engine)


def fill(engine: Engine, size: Size) -> str:
    output = io.StringIO()
    seed.fill(engine, size.articles, size.number, Console(file=output))
    return output.getvalue()
