"""The plugin in a run of pytest of its own, as the tests of another project have it."""

import subprocess
import sys
from pathlib import Path

import pytest

APPLICATION = """
import pytest
from flask import Flask, jsonify
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, insert, select, text
from sqlalchemy.orm import Session, sessionmaker
from hotroute import cache
from hotroute.cache import MemoryStore, hot
from hotroute.testing import *

metadata = MetaData()
notes = Table("notes", metadata, Column("id", Integer, primary_key=True), Column("text", String(50)))
sessions = sessionmaker()

@pytest.fixture
def app(hot_engine):
    app = Flask("other")
    metadata.create_all(hot_engine)
    sessions.configure(bind=hot_engine)

    @app.get("/notes")
    @hot()
    def read():
        with sessions() as session:
            return jsonify(list(session.scalars(select(notes.c.text))))

    @app.post("/notes")
    def write():
        with sessions.begin() as session:
            session.execute(insert(notes).values(text="x"))
        return "", 204

    cache.init_app(app, MemoryStore(), cache.CacheOptions((hot_engine,), (metadata,)))
    return app

@pytest.fixture
def client(app):
    return app.test_client(use_cookies=False)
"""

TESTS = """
def test_fixtures_are_found_and_assertions_imported(hot_cache, client):
    assert_miss(client.get("/notes"))
    assert_hit(client.get("/notes"))
    assert_invalidated(lambda: client.post("/notes"), lambda: client.get("/notes"))
    assert hot_cache.hits

def test_the_cache_is_empty_again(hot_cache, client):
    assert_miss(client.get("/notes"))

@pytest.fixture
def wrapped(hot_engine, app):
    connection = hot_engine.connect()
    transaction = connection.begin()
    sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
    yield
    transaction.rollback()
    connection.close()

def test_an_outer_transaction_is_passed_by_and_seen(wrapped, hot_cache, client):
    assert client.post("/notes").status_code == 204
    for _ in range(2):
        answer = client.get("/notes")
        assert answer.json == ["x"]
        assert_not_cached(answer, because="stale-transaction")

@pytest.fixture
def committed(hot_cache, client):
    client.get("/notes")
    assert_hit(client.get("/notes"))

def test_an_answer_from_before_the_transaction_is_not_served_in_it(committed, wrapped, client):
    assert client.post("/notes").status_code == 204
    answer = client.get("/notes")
    assert answer.json == ["x"]
    assert_not_cached(answer, because="stale-transaction")

def test_fails_with_the_reason(wrapped, hot_cache, client):
    client.get("/notes")
    assert_hit(client.get("/notes"))

def test_fails_with_the_reason_too(wrapped, hot_cache, client):
    assert_invalidated(lambda: client.post("/notes"), lambda: client.get("/notes"))
"""

IMPORTS = """
import sys

def test_nothing_heavy_is_imported():
    assert "hotroute.testing.plugin" in sys.modules
    assert not {"hypothesis", "sqlalchemy", "flask", "redis"} & set(sys.modules)
"""


def run(folder: Path, tests: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "test_it.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run(tmp_path_factory.mktemp("other"), APPLICATION + TESTS, "-v").stdout


def test_another_project_has_the_fixtures_and_assertions(seen: str) -> None:
    for name in ("fixtures_are_found_and_assertions_imported", "the_cache_is_empty_again"):
        assert f"test_{name} PASSED" in seen, seen


def test_a_test_in_an_outer_transaction_reads_its_own_writes(seen: str) -> None:
    assert "test_an_outer_transaction_is_passed_by_and_seen PASSED" in seen, seen
    assert "test_an_answer_from_before_the_transaction_is_not_served_in_it PASSED" in seen, seen


@pytest.mark.parametrize("name", ["test_fails_with_the_reason", "test_fails_with_the_reason_too"])
def test_an_outer_transaction_is_the_reason_that_an_assertion_gives(seen: str, name: str) -> None:
    assert f"{name} FAILED" in seen, seen
    failure = seen.partition(f" {name} ")[2].partition("\n____")[0]
    assert "so does a test that is wrapped in an outer transaction" in failure
    # The traceback ends in the test, not within the assertion.
    assert "hotroute/testing" not in failure


def test_a_run_that_does_not_use_it_imports_nothing_for_it(tmp_path: Path) -> None:
    # Hypothesis has a plugin of its own, which imports a part of it.
    done = run(tmp_path, IMPORTS, "-p", "no:hypothesispytest", "-p", "no:schemathesis")
    assert done.returncode == 0, done.stdout
