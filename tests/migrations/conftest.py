"""Empty databases of the tests' own, and the migrations of a small library."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from tests import databases
from tests.migrations.library import Migrations


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'library.db'}"
    server: str = request.getfixturevalue("postgresql_url")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS library WITH (FORCE)")
        connection.execute("CREATE DATABASE library")
    return server.replace("/postgres?", "/library?")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    with databases.connected(url) as made:
        yield made


@pytest.fixture
def migrations(tmp_path: Path) -> Migrations:
    return Migrations(tmp_path / "migrations")
