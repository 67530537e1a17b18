"""The database or Redis away: 503 with Retry-After, or service without what Redis adds; never a 500 or a long wait."""

import os
import signal
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic

import psycopg
import pytest
from flask import Flask

from conduit.config import Settings
from conduit.extensions import db
from tests import databases
from tests.api import PASSWORD, Api, errors, running
from tests.conftest import make_settings
from tests.servers import free_port

LIMIT = 2.0
"""Seconds within which an answer must come; a quarter of it is to spare."""

LONGEST_CONNECT = 2.5
"""psycopg gives every connection two seconds at least, as libpq does, whatever the setting says."""


def assert_unavailable(
    api: Api, method: str = "GET", path: str = "/articles", json: object = None, within: float = LIMIT
) -> None:
    took = []
    for _ in range(3):
        began = monotonic()
        answer = api.call(method, path, json)
        took.append(monotonic() - began)
        if took[-1] < within:
            break
    assert min(took) < within, "the machine may be busy, but not three times in a row"
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert errors(answer) == {"body": ["the database is not available, try again"]}


@contextmanager
def silent_port() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


REGISTRATION = {"user": {"username": "new", "email": "new@example.com", "password": PASSWORD}}


def test_a_refused_database_is_a_503(tmp_path: Path, redis_url: str) -> None:
    url = f"postgresql://me@127.0.0.1:{free_port()}/none"
    with running(make_settings(url, redis_url, tmp_path)) as api:
        assert_unavailable(api)
        assert_unavailable(api, "POST", "/users", REGISTRATION)


def test_a_silent_database_is_a_503(tmp_path: Path, redis_url: str) -> None:
    with silent_port() as port:
        url = f"postgresql://me@127.0.0.1:{port}/none"
        with running(make_settings(url, redis_url, tmp_path)) as api:
            assert_unavailable(api, within=LONGEST_CONNECT)


def test_a_file_that_cannot_be_opened_is_a_503(tmp_path: Path, redis_url: str) -> None:
    folder = tmp_path / "folder.db"
    settings = make_settings(f"sqlite:///{folder}", redis_url, tmp_path)
    # Later: at start it would be refused by name.
    folder.mkdir()
    with running(settings) as api:
        assert_unavailable(api)


def test_an_empty_pool_is_a_503(settings: Settings, app: Flask) -> None:
    with running(settings, database_pool_size=1) as api, api.client.application.app_context():
        held = [db.engine.connect() for _ in range(2)]
        assert_unavailable(api)
        for connection in held:
            connection.close()
        assert api.get("/articles").status_code == 200


def test_a_locked_sqlite_reads_and_answers_writes_with_a_503(tmp_path: Path, redis_url: str) -> None:
    file = tmp_path / "conduit.db"
    with databases.connected(f"sqlite:///{file}") as engine:
        databases.migrate(engine)
    with (
        running(make_settings(f"sqlite:///{file}", redis_url, tmp_path)) as api,
        closing(sqlite3.connect(file, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        assert api.get("/articles").status_code == 200
        assert_unavailable(api, "POST", "/users", REGISTRATION)
        other.execute("ROLLBACK")
        assert api.post("/users", REGISTRATION).status_code == 201


def test_a_full_disk_is_a_503_and_leaves_nothing_half_done(tmp_path: Path, redis_url: str) -> None:
    file = tmp_path / "conduit.db"
    with databases.connected(f"sqlite:///{file}") as engine:
        databases.migrate(engine)
    with running(make_settings(f"sqlite:///{file}", redis_url, tmp_path)) as api:
        jake = api.register("jake")
        with api.client.application.app_context():
            pages = db.session.connection().exec_driver_sql("PRAGMA page_count").scalar_one()
            # What SQLite answers when it may not grow is what it answers on a full disk: SQLITE_FULL.
            db.session.connection().exec_driver_sql(f"PRAGMA max_page_count = {pages + 1}")
        draft = {"article": {"title": "Long", "description": "d", "body": "x" * 400_000}}
        answer = api.post("/articles", draft, jake)
        assert answer.status_code == 503
        assert api.read("/articles") == {"articles": [], "articlesCount": 0}


@pytest.mark.only("postgresql")
def test_a_locked_row_is_a_503_on_postgresql(app: Flask, api: Api, settings: Settings) -> None:
    jake = api.register("jake")
    api.publish(jake, "Title")
    with psycopg.connect(settings.database_url) as other:
        other.execute("SELECT * FROM articles FOR UPDATE")
        assert api.get("/articles/title").status_code == 200
        answer = api.post("/articles/title/favorite", by=jake)
        assert answer.status_code == 503
    assert api.post("/articles/title/favorite", by=jake).json["article"]["favoritesCount"] == 1  # type: ignore[index]


@pytest.mark.only("postgresql")
def test_connections_that_the_server_closed_are_replaced(app: Flask, api: Api, settings: Settings) -> None:
    api.register("jake")
    with psycopg.connect(settings.database_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert api.get("/articles").status_code == 200


@contextmanager
def stopped(url: str) -> Iterator[None]:
    """Whoever serves a connection of the database stands still: the kernel acknowledges, and nobody answers."""
    with psycopg.connect(url) as other:
        others = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        pids = [pid for (pid,) in other.execute(others)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)


@pytest.mark.only("postgresql")
def test_a_database_that_falls_silent_is_a_503(app: Flask, api: Api, settings: Settings) -> None:
    jake = api.register("jake")
    api.publish(jake, "Title")
    with stopped(settings.database_url):
        began = monotonic()
        answer = api.post("/articles/title/favorite", by=jake)
        took = monotonic() - began
    assert (answer.status_code, errors(answer)) == (503, {"body": ["the database is not available, try again"]})
    assert int(answer.headers["Retry-After"]) > 0
    # Not long enough for a second connection in the same request, which would be silent too.
    assert took < settings.database_timeout + LONGEST_CONNECT - 0.5
    assert api.post("/articles/title/favorite", by=jake).json["article"]["favoritesCount"] == 1  # type: ignore[index]


@pytest.mark.parametrize("state", ["refused", "silent"])
def test_without_redis_everything_is_served_and_logins_are_still_limited(
    settings: Settings, app: Flask, state: str
) -> None:
    with silent_port() as silent:
        port = silent if state == "silent" else free_port()
        changes = {
            "redis_url": f"redis://127.0.0.1:{port}/0",
            "redis_timeout": 0.1,
            "login_rate_limit": "3 per minute",
        }
        with running(settings, **changes) as api:
            jake = api.register("jake")
            api.publish(jake, "Title")
            assert api.get("/articles").status_code == 200
            login = {"user": {"email": jake.email, "password": PASSWORD}}
            assert [api.post("/users/login", login).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
            ready = api.client.get("/readyz")
            assert ready.status_code == 200
            assert ready.json["status"] == "degraded"  # type: ignore[index]
            assert ready.json["checks"]["cache"].startswith("unreachable: ")  # type: ignore[index]


def test_a_write_that_was_held_up_before_its_commit_is_a_503_and_changes_nothing(
    settings: Settings, app: Flask
) -> None:
    # Redis is told in time, and then the time is over.
    with running(settings, cache_mark_ttl=0.0001) as api:
        answer = api.post("/users", REGISTRATION)
        assert (answer.status_code, errors(answer)) == (503, {"body": ["the cache is not available, try again"]})
        assert int(answer.headers["Retry-After"]) > 0
    assert Api(app).post("/users", REGISTRATION).status_code == 201


def test_many_callers_of_an_unavailable_database_all_get_their_answer(tmp_path: Path, redis_url: str) -> None:
    with (
        silent_port() as port,
        running(make_settings(f"postgresql://me@127.0.0.1:{port}/x", redis_url, tmp_path)) as api,
    ):
        statuses: list[int] = []

        def ask() -> None:
            statuses.append(Api(api.client.application).get("/articles").status_code)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [503] * 8
