"""kill -9 during a migration leaves the old schema or the new one, and every row.

Short by default. PROVE_MIGRATION_KILLS=50 is the full count.
"""

import os
import signal
import subprocess
import sys

import pytest
from alembic import command
from sqlalchemy import Engine, inspect, text

from tests.migrations.library import Migrations, contents, fill
from tests.servers import ROOT, clean_environment

KILLS = int(os.environ.get("PROVE_MIGRATION_KILLS", "4"))
AUTHORS = 300

pytestmark = [pytest.mark.timeout(120 + 20 * KILLS), pytest.mark.matrix]

PROGRAM = """
import os, signal, sys
from pathlib import Path
from alembic import command
from sqlalchemy import event
from tests import databases
from tests.migrations.library import Migrations
url, folder, last = sys.argv[1], sys.argv[2], int(sys.argv[3])
ticks = 0

def tick(*_):
    global ticks
    ticks += 1
    if ticks == last:
        os.kill(os.getpid(), signal.SIGKILL)

with databases.connected(url) as engine:
    if engine.dialect.name == "sqlite":
        # Between any two hundred instructions of SQLite's machine, in the middle of statements too.
        event.listen(engine, "connect", lambda connection, _: connection.set_progress_handler(tick, 100))
    event.listen(engine, "before_cursor_execute", tick)
    event.listen(engine, "commit", tick)
    command.upgrade(Migrations(Path(folder)).config(engine), "head")
print(ticks)
"""


def batch(table: str, change: str) -> str:
    return f'    with op.batch_alter_table("{table}") as batch:\n        batch.{change}\n'


STEPS = {
    "2": batch("authors", 'alter_column("name", existing_type=sa.String(50), type_=sa.Text(), nullable=True)'),
    "3": batch("books", 'alter_column("title", new_column_name="called")')
    + batch("books", 'alter_column("called", new_column_name="title")')
    + batch("authors", 'drop_column("spare")'),
}
BACK = {
    "2": batch("authors", 'alter_column("name", existing_type=sa.Text(), type_=sa.String(50), nullable=False)'),
    "3": '    op.add_column("authors", sa.Column("spare", sa.String(50)))',
}


def migrate(url: str, migrations: Migrations, last: int) -> subprocess.CompletedProcess[str]:
    """Migrate to the newest revision in a process that kills itself at the `last` tick."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, url, str(migrations.folder), str(last)],
        cwd=ROOT, env=clean_environment(), capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def version(engine: Engine) -> str:
    with engine.connect() as connection:
        found: str = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        columns = {column["name"] for column in inspect(connection).get_columns("authors")}
    assert ("spare" in columns) == (found == "1")
    return found


def tables(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(inspect(connection).get_table_names())


def test_a_killed_migration_leaves_the_old_schema_or_the_new_one(
    url: str, engine: Engine, migrations: Migrations
) -> None:
    for revision, follows in (("2", "1"), ("3", "2")):
        migrations.add(revision, follows, STEPS[revision], BACK[revision])
    command.upgrade(migrations.config(engine), "1")
    fill(engine)
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO authors (name, born) VALUES (:name, 1900)"),
            [{"name": f"author {number}"} for number in range(AUTHORS)],
        )
    before = contents(engine)
    whole = migrate(url, migrations, 0)
    assert whole.returncode == 0, whole.stderr
    ends = set()
    for number in range(KILLS):
        command.downgrade(migrations.config(engine), "1")
        killed = migrate(url, migrations, 1 + number * int(whole.stdout) // KILLS)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        ends.add(version(engine))
        assert tables(engine) == {"authors", "books", "reviews", "alembic_version"}
        assert contents(engine) == before
        command.upgrade(migrations.config(engine), "head")
        assert version(engine) == "3"
        assert contents(engine) == before
    assert ends <= {"1", "3"}
