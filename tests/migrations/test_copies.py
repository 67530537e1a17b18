"""A development stack keeps the last three copies of a SQLite file from before its migrations."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine

from tests.migrations.library import Migrations, fill
from tests.servers import ROOT, clean_environment, free_port

pytestmark = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIBRARY_COPIES", "1")


def read(file: Path, statement: str) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [value for (value,) in connection.execute(statement)]


def copies(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("library.db.copy*"))


def test_a_copy_has_the_rows_and_the_schema_of_before(migrations: Migrations, engine: Engine, tmp_path: Path) -> None:
    migrations.add("2", "1", '    op.drop_column("authors", "spare")')
    command.upgrade(migrations.config(engine), "1")
    fill(engine)
    # Whoever reads goes on, and what was committed is still in the write-ahead log only.
    with closing(sqlite3.connect(tmp_path / "library.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM authors").fetchall()
        command.upgrade(migrations.config(engine), "2")
    assert copies(tmp_path) == ["library.db.copy-1"]
    file = tmp_path / "library.db.copy-1"
    assert read(file, "SELECT name FROM authors ORDER BY id") == ["Ada", "Bram", "Cora"]
    assert read(file, "SELECT spare FROM authors") == [None, None, None]
    assert read(file, "SELECT version_num FROM alembic_version") == ["1"]
    assert file.stat().st_mode == (tmp_path / "library.db").stat().st_mode


def test_the_last_three_are_kept(migrations: Migrations, engine: Engine, tmp_path: Path) -> None:
    for number in range(2, 7):
        migrations.add(str(number), str(number - 1), '    op.execute("UPDATE authors SET born = born + 1")')
    command.upgrade(migrations.config(engine), "1")
    fill(engine)
    for number in range(2, 7):
        command.upgrade(migrations.config(engine), str(number))
    assert copies(tmp_path) == [f"library.db.copy-{number}" for number in (1, 2, 3)]
    versions = [read(tmp_path / name, "SELECT version_num FROM alembic_version") for name in copies(tmp_path)]
    assert versions == [["5"], ["4"], ["3"]]


def test_one_upgrade_of_several_steps_keeps_one_copy(migrations: Migrations, engine: Engine, tmp_path: Path) -> None:
    for number in range(2, 5):
        migrations.add(str(number), str(number - 1), '    op.execute("UPDATE authors SET born = born + 1")')
    command.upgrade(migrations.config(engine), "1")
    fill(engine)
    command.upgrade(migrations.config(engine), "head")
    command.upgrade(migrations.config(engine), "head")
    assert copies(tmp_path) == ["library.db.copy-1"]


def test_a_file_without_rows_is_not_copied(migrations: Migrations, engine: Engine, tmp_path: Path) -> None:
    migrations.add("2", "1", '    op.drop_column("authors", "spare")')
    command.upgrade(migrations.config(engine), "1")
    command.upgrade(migrations.config(engine), "2")
    assert copies(tmp_path) == []


def test_a_copy_that_cannot_be_kept_stops_the_migration(migrations: Migrations, engine: Engine, tmp_path: Path) -> None:
    migrations.add("2", "1", '    op.drop_column("authors", "spare")')
    command.upgrade(migrations.config(engine), "1")
    fill(engine)
    (tmp_path / "library.db.copy-new").mkdir()
    with pytest.raises(OSError, match="copy-new"):
        command.upgrade(migrations.config(engine), "2")
    assert read(tmp_path / "library.db", "SELECT version_num FROM alembic_version") == ["1"]


@pytest.mark.parametrize(("environment", "expected"), [("development", 1), ("production", 0)])
def test_conduit_keeps_copies_in_development_only(url: str, tmp_path: Path, environment: str, expected: int) -> None:
    chosen = clean_environment() | {
        "APP_ENV": environment,
        "SECRET_KEY": "a secret for tests, longer than thirty-two bytes",
        "DATA_DIR": str(tmp_path),
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
        "CACHE_ENABLED": "false",
    }
    for words in (["upgrade", "head"], ["downgrade", "base"]):
        subprocess.run(
            [sys.executable, "-m", "alembic", *words], cwd=ROOT, env=chosen, check=True, timeout=100,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
    # The counters are a row.
    assert len([*tmp_path.glob("conduit.db.copy-*")]) == expected
