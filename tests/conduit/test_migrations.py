"""Migrations: up from nothing, down again, and no drift from the models."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, select

from conduit.cli import alembic
from conduit.models import Base, Counter
from hotroute.cache import fence
from tests import databases


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of its own."""
    if request.param == "sqlite":
        with databases.connected(f"sqlite:///{tmp_path / 'fresh.db'}") as engine:
            yield engine
        return
    url: str = request.getfixturevalue("postgresql_url")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS fresh")
        connection.execute("CREATE DATABASE fresh")
    with databases.connected(url.replace("/postgres?", "/fresh?")) as engine:
        yield engine


def test_up_from_nothing_gives_the_models_tables(fresh: Engine) -> None:
    with fresh.begin() as connection:
        databases.migrate(connection)
    with fresh.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
        assert connection.scalar(select(Counter.value).where(Counter.name == "articles")) == 0


def test_down_again_leaves_nothing(fresh: Engine) -> None:
    with fresh.begin() as connection:
        databases.migrate(connection)
        databases.migrate(connection, "base")
    with fresh.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]


def test_the_models_have_not_drifted_from_the_migrations(fresh: Engine) -> None:
    with fresh.begin() as connection:
        databases.migrate(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_fences_table_is_nothing_that_a_new_migration_would_drop(fresh: Engine) -> None:
    configuration = alembic()
    with fresh.begin() as connection:
        databases.migrate(connection)
        fence.rows.create(connection)
        configuration.attributes["connection"] = connection
        command.check(configuration)


def test_every_revision_goes_up_and_down_on_its_own(fresh: Engine) -> None:
    configuration = alembic()
    revisions = [script.revision for script in ScriptDirectory.from_config(configuration).walk_revisions()][::-1]
    with fresh.begin() as connection:
        configuration.attributes["connection"] = connection
        for revision in revisions:
            command.upgrade(configuration, revision)
            command.downgrade(configuration, "-1")
            command.upgrade(configuration, revision)
