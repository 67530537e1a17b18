"""Migrations: up from nothing, down again, and no drift from the models."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from rich.console import Console
from sqlalchemy import Engine, func, insert, inspect, select

from conduit import seed
from conduit.cli import alembic
from conduit.models import Base, Counter, jobs
from conduit.models.tables import articles, link_previews
from hotroute.cache.tracking import outage_fence
from hotroute.jobs.registry import JobKind
from hotroute.jobs.storage.outbox import Outbox
from tests import databases
from tests.servers import ROOT

pytestmark = pytest.mark.pgbouncer


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
    databases.migrate(fresh)
    with fresh.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
        assert connection.scalar(select(Counter.value).where(Counter.name == "articles")) == 0


def test_down_again_leaves_nothing(fresh: Engine) -> None:
    databases.migrate(fresh)
    databases.migrate(fresh, "base")
    with fresh.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]


def test_the_models_have_not_drifted_from_the_migrations(fresh: Engine) -> None:
    databases.migrate(fresh)
    with fresh.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_fences_table_is_nothing_that_a_new_migration_would_drop(fresh: Engine) -> None:
    configuration = alembic()
    configuration.attributes["engine"] = fresh
    databases.migrate(fresh)
    with fresh.begin() as connection:
        outage_fence.rows.create(connection)
    command.check(configuration)


def test_every_revision_goes_up_and_down_on_its_own(fresh: Engine) -> None:
    configuration = alembic()
    revisions = [script.revision for script in ScriptDirectory.from_config(configuration).walk_revisions()][::-1]
    configuration.attributes["engine"] = fresh
    for revision in revisions:
        command.upgrade(configuration, revision)
        command.downgrade(configuration, "-1")
        command.upgrade(configuration, revision)


def rows(engine: Engine) -> dict[str, int]:
    """Return how many rows each table has."""
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
        return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in names}


def with_nullable_bios(folder: Path) -> Config:
    """Return Conduit's migrations and one more, that changes the table which most others refer to."""
    shutil.copytree(ROOT / "migrations", folder / "migrations")
    configuration = Config()
    configuration.set_main_option("script_location", str(folder / "migrations"))
    configuration.set_main_option("path_separator", "os")
    head = ScriptDirectory.from_config(configuration).get_current_head()
    (folder / "migrations" / "versions" / "nullable_bios.py").write_text(NULLABLE_BIOS.format(head=head))
    return configuration


NULLABLE_BIOS = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "bios", "{head}"

def change(nullable: bool) -> None:
    with op.batch_alter_table("users") as batch:
        batch.alter_column("bio", existing_type=sa.Text(), nullable=nullable)

def upgrade() -> None:
    change(True)

def downgrade() -> None:
    change(False)
"""


def add_what_the_seed_has_not(engine: Engine) -> None:
    """A preview of the first article, and a job of its author."""
    preview = {"position": 0, "url": "http://x/", "title": "", "description": "", "image": ""}
    kind = JobKind("export-articles", lambda _: None, "cpu", 60, 1, 1)
    with engine.begin() as connection:
        article = connection.scalar(select(func.min(articles.c.id)))
        connection.execute(insert(link_previews).values(article_id=article, **preview))
        outbox = Outbox(engine, jobs, 5, 30)
        outbox.add(connection, kind, {"user_id": 1}, owner="1", request_id="", idempotency_key=None)


def test_every_migration_keeps_the_rows_down_and_up_again(fresh: Engine, tmp_path: Path) -> None:
    databases.migrate(fresh)
    seed.fill(fresh, 20, 1, Console(quiet=True))
    add_what_the_seed_has_not(fresh)
    configuration = with_nullable_bios(tmp_path)
    configuration.attributes["engine"] = fresh
    seeded = rows(fresh)
    assert min(seeded.values()) > 0
    command.upgrade(configuration, "head")
    assert rows(fresh) == seeded
    while (left := rows(fresh)).keys():
        command.downgrade(configuration, "-1")
        assert rows(fresh) == {name: left[name] for name in rows(fresh)}
    command.upgrade(configuration, "head")
    assert rows(fresh).keys() == seeded.keys()
