"""What Conduit's own commands write while a site is up: no answer of before is served, with Redis and without."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, text

from conduit.config import Settings
from tests import databases
from tests.api import Api, running
from tests.conftest import SECRET, make_settings
from tests.servers import ROOT, clean_environment, free_port, wait_until

CONDUIT = "from conduit.cli import main; main()"
STEP = """
revision = "titles"
down_revision = "0002"
from alembic import op
def upgrade(): op.execute("UPDATE articles SET title = 'Migrated'")
"""
UPGRADE = "from alembic import command, config; command.upgrade(config.Config(toml_file='pyproject.toml'), 'head')"


@dataclass
class Site:
    """A site whose Redis answers, and the environment of a command on its database."""

    api: Api
    engine: Engine
    environ: dict[str, str]
    folder: Path

    def run(self, program: str, *words: str) -> str:
        """What it printed; it must succeed."""
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            env=self.environ, cwd=self.folder, capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stderr

    def write(self, statement: str) -> None:
        """Past everything, as a hand in the database does."""
        with self.engine.begin() as connection:
            connection.execute(text(statement))

    def warm(self, expected: Callable[[Any], bool]) -> None:
        """Until the list comes from the cache; it is as expected all the time."""

        def is_hit() -> bool:
            answer = self.api.get("/articles")
            assert expected(answer.json), answer.json
            return "; hit" in answer.headers["Cache-Status"]

        wait_until(is_hit, "a hit")


CASES = [("sqlite", "with Redis"), ("sqlite", "without Redis"), ("postgresql", "with Redis")]
if os.environ.get("PROVE_OUTAGES"):
    CASES.append(("postgresql", "without Redis"))
everywhere = pytest.mark.parametrize(("url", "site"), CASES, indirect=True)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database of the test's own."""
    made = f"sqlite:///{tmp_path / 'conduit.db'}"
    if request.param == "postgresql":
        server: str = request.getfixturevalue("postgresql_url")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS commanded")
            connection.execute("CREATE DATABASE commanded")
        made = server.replace("/postgres?", "/commanded?")
    with databases.connected(made) as engine:
        databases.migrate(engine)
    return made


@pytest.fixture
def site(request: pytest.FixtureRequest, url: str, redis_url: str, tmp_path: Path) -> Iterator[Site]:
    away = f"redis://127.0.0.1:{free_port()}/0"
    settings: Settings = make_settings(url, redis_url, tmp_path, cache_mark_ttl=0.5)
    environ = clean_environment() | {
        "SECRET_KEY": SECRET,
        "DATABASE_URL": url,
        "DATA_DIR": str(tmp_path),
        "REDIS_URL": redis_url if request.param == "with Redis" else away,
        "REDIS_TIMEOUT": "1",
        "CACHE_NAMESPACE": settings.cache_namespace,
        "CACHE_MARK_TTL": "0.5",
    }
    with databases.connected(url) as engine, running(settings) as api:
        yield Site(api, engine, environ, tmp_path)


@everywhere
def test_what_a_seed_writes_is_in_the_next_answer(site: Site) -> None:
    site.warm(lambda answer: answer["articlesCount"] == 0)
    site.run(CONDUIT, "seed", "--articles", "20")
    site.warm(lambda answer: answer["articlesCount"] == 20)


@everywhere
def test_what_a_recount_sets_right_is_in_the_next_answer(site: Site) -> None:
    site.write("UPDATE counters SET value = 7")
    site.warm(lambda answer: answer["articlesCount"] == 7)
    site.run(CONDUIT, "recount")
    site.warm(lambda answer: answer["articlesCount"] == 0)


@everywhere
def test_what_a_migration_changes_is_in_the_next_answer(site: Site) -> None:
    site.api.publish(site.api.register("jake"), "Title")
    shutil.copytree(ROOT / "migrations", site.folder / "migrations")
    shutil.copy(ROOT / "pyproject.toml", site.folder)
    site.warm(lambda answer: answer["articles"][0]["title"] == "Title")
    assert "0001" not in site.run(UPGRADE)
    (site.folder / "migrations" / "versions" / f"{secrets.token_hex(4)}.py").write_text(STEP)
    site.run(UPGRADE)
    site.warm(lambda answer: answer["articles"][0]["title"] == "Migrated")


def test_a_command_that_can_tell_nobody_commits_nothing_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "conduit.db-fence").mkdir()
    environ = clean_environment() | {
        "SECRET_KEY": SECRET,
        "DATABASE_URL": f"sqlite:///{tmp_path / 'conduit.db'}",
        "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
    }
    with databases.connected(environ["DATABASE_URL"]) as engine:
        databases.migrate(engine)
    done = subprocess.run(
        [sys.executable, "-c", CONDUIT, "seed", "--articles", "20"],
        env=environ, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "not committed, for the cache could not be told" in done.stderr
    with databases.connected(environ["DATABASE_URL"]) as engine, engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM users")).scalar() == 0
