"""The storage's own migrations, beside whatever else is in the database."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, make_url, text

from conduit.models import Base
from hotroute.profiler.storage import engine as storage_engine
from hotroute.profiler.storage import migrations, schema
from hotroute.profiler.storage.migrations import HEAD, VERSION_TABLE, running
from tests import databases
from tests.servers import ROOT

pytestmark = pytest.mark.matrix("url")

PREPARE = """
import sys
from hotroute.profiler.storage.writer import Storage
storage = Storage(sys.argv[1], release="r", worker=sys.argv[2], host="web", pid=1)
storage.prepare()
storage.close()
"""


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    made = storage_engine.engine(url, pool_size=2, timeout=5)
    yield made
    made.dispose()


def tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def test_prepare_makes_the_tables_and_does_so_once(engine: Engine) -> None:
    migrations.prepare(engine)
    migrations.prepare(engine)
    assert tables(engine) == {*schema.metadata.tables, VERSION_TABLE}


def test_down_again_leaves_nothing(engine: Engine) -> None:
    migrations.prepare(engine)
    running.migrate(engine, "base")
    assert tables(engine) == {VERSION_TABLE}
    migrations.prepare(engine)
    assert tables(engine) == {*schema.metadata.tables, VERSION_TABLE}


def test_the_tables_have_not_drifted_from_the_migrations(engine: Engine) -> None:
    migrations.prepare(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "version_table": VERSION_TABLE})
        assert compare_metadata(context, schema.metadata) == []


def test_the_newest_revision_is_the_one_that_workers_look_for() -> None:
    assert ScriptDirectory.from_config(running.config()).get_current_head() == HEAD


def test_a_worker_that_finds_the_tables_prepared_does_not_load_alembic(url: str, engine: Engine) -> None:
    migrations.prepare(engine)
    program = f"{PREPARE}\nsys.exit('alembic' in sys.modules)"
    subprocess.run([sys.executable, "-c", program, url, "web:1:1"], cwd=ROOT, check=True, timeout=100)


def test_workers_that_start_together_prepare_it_once(url: str, engine: Engine) -> None:
    command = [sys.executable, "-c", PREPARE, url]
    workers = [
        subprocess.Popen([*command, f"web:{number}:1"], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for number in range(4)
    ]
    outcomes = [(worker.communicate(timeout=100)[1], worker.returncode) for worker in workers]
    assert outcomes == [("", 0)] * 4
    assert tables(engine) == {*schema.metadata.tables, VERSION_TABLE}
    with engine.connect() as connection:
        assert connection.scalar(text(f"SELECT count(*) FROM {VERSION_TABLE}")) == 1


@pytest.mark.only("sqlite")
def test_a_worker_waits_for_who_has_the_file(url: str) -> None:
    with closing(sqlite3.connect(make_url(url).database or "", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        impatient = storage_engine.engine(f"{url}?timeout=0.01", pool_size=1, timeout=5)
        waiting = Thread(target=migrations.prepare, args=(impatient,))
        waiting.start()
        waiting.join(timeout=1)
        assert waiting.is_alive()
        other.execute("ROLLBACK")
    waiting.join(timeout=60)
    assert tables(impatient) == {*schema.metadata.tables, VERSION_TABLE}
    impatient.dispose()


@pytest.mark.only("postgresql")
def test_the_applications_migrations_do_not_see_its_tables(url: str, engine: Engine) -> None:
    with databases.connected(url) as application:
        databases.migrate(application)
        migrations.prepare(engine)
        with application.begin() as connection:
            assert not any(name.startswith("profiler") for name in inspect(connection).get_table_names())
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []
        databases.migrate(application, "base")
        with application.begin() as connection:
            connection.execute(text("DROP TABLE alembic_version"))


@pytest.mark.only("postgresql")
def test_a_role_that_may_not_create_schemas_uses_the_one_it_was_given(url: str, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS measurer"))
        connection.execute(text("CREATE ROLE measurer LOGIN"))
        connection.execute(text("CREATE SCHEMA profiler AUTHORIZATION measurer"))
    limited = storage_engine.engine(engine.url.set(username="measurer").render_as_string(False), pool_size=1, timeout=5)
    try:
        migrations.prepare(limited)
        assert tables(limited) == {*schema.metadata.tables, VERSION_TABLE}
    finally:
        limited.dispose()
        with engine.begin() as connection:
            connection.execute(text("DROP OWNED BY measurer CASCADE"))
            connection.execute(text("DROP ROLE measurer"))
