"""kill -9 of the application or of the database while people write: what was acknowledged is there afterwards.

Short by default. PROVE_KILLS=25 is the full count.
"""

import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import Engine, select

from conduit.models import Comment
from tests import databases, servers
from tests.api import PASSWORD

KILLS = int(os.environ.get("PROVE_KILLS", "2"))
WRITERS = 4
BETWEEN = 60
"""Comments acknowledged between two kills, at least."""

pytestmark = pytest.mark.timeout(120 + 30 * KILLS)


class Writers:
    """Threads that comment on one article, and remember what was acknowledged."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.token = self.call("POST", "/users", {"user": USER})[1]["user"]["token"]
        status, _ = self.call("POST", "/articles", {"article": {"title": "T", "description": "d", "body": "b"}})
        assert status == 201
        self.acknowledged: set[str] = set()
        self.statuses: set[int] = set()
        self.stopped = threading.Event()

    def call(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Status and JSON; 0 where the connection broke, which acknowledges nothing."""
        headers = {"Content-Type": "application/json", "Authorization": f"Token {getattr(self, 'token', '')}"}
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, f"/api{path}", json.dumps(body), headers)
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        except (OSError, HTTPException, ValueError):
            return 0, None
        finally:
            connection.close()

    def write(self, name: int) -> None:
        number = 0
        while not self.stopped.is_set():
            number += 1
            text = f"{name}-{number}"
            status, _ = self.call("POST", "/articles/t/comments", {"comment": {"body": text}})
            self.statuses.add(status)
            if status == 200:
                self.acknowledged.add(text)
            else:
                self.stopped.wait(0.02)

    @contextmanager
    def writing(self) -> Iterator[None]:
        threads = [threading.Thread(target=self.write, args=(name,)) for name in range(WRITERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.stopped.set()
            for thread in threads:
                thread.join()

    def wait_for_more(self) -> None:
        enough = len(self.acknowledged) + BETWEEN
        servers.wait_until(lambda: len(self.acknowledged) >= enough, f"{enough} comments are acknowledged")


USER = {"username": "writer", "email": "writer@example.com", "password": PASSWORD}


def environment(database_url: str, redis_url: str) -> dict[str, str]:
    return {
        "SECRET_KEY": "a secret for tests, longer than thirty-two bytes",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "APP_PORT": str(servers.free_port()),
        "GUNICORN_WORKERS": "2",
    }


def stored(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(select(Comment.body)))


def test_a_killed_worker_loses_nothing_that_was_acknowledged(tmp_path: Path, redis_url: str) -> None:
    url = f"sqlite:///{tmp_path / 'conduit.db'}"
    with databases.connected(url) as engine:
        databases.migrate(engine)
    chosen = environment(url, redis_url)
    with servers.gunicorn_server("wsgi:app", chosen) as gunicorn:
        writers = Writers(int(chosen["APP_PORT"]))
        with writers.writing():
            for _ in range(KILLS):
                writers.wait_for_more()
                psutil.Process(gunicorn.pid).children()[0].kill()
    with databases.connected(url) as engine:
        assert writers.acknowledged - stored(engine) == set()
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert writers.statuses <= {0, 200}


@pytest.mark.matrix
def test_everything_killed_at_once_loses_nothing_that_was_acknowledged(tmp_path: Path, redis_url: str) -> None:
    url = f"sqlite:///{tmp_path / 'conduit.db'}"
    with databases.connected(url) as engine:
        databases.migrate(engine)
    chosen: Mapping[str, str] = environment(url, redis_url)
    writers: Writers | None = None
    for _ in range(KILLS):
        with servers.gunicorn_server("wsgi:app", chosen) as gunicorn:
            writers = writers or Writers(int(chosen["APP_PORT"]))
            writers.stopped.clear()
            with writers.writing():
                writers.wait_for_more()
                os.killpg(gunicorn.pid, signal.SIGKILL)
    assert writers is not None
    with databases.connected(url) as engine:
        assert writers.acknowledged - stored(engine) == set()


def test_a_killed_database_is_a_503_and_loses_nothing_that_was_acknowledged(tmp_path: Path, redis_url: str) -> None:
    with databases.durable_postgresql() as postgresql:
        with databases.connected(postgresql.url) as engine:
            databases.migrate(engine)
        chosen = environment(postgresql.url, redis_url)
        with servers.gunicorn_server("wsgi:app", chosen):
            writers = Writers(int(chosen["APP_PORT"]))
            with writers.writing():
                for _ in range(KILLS):
                    writers.wait_for_more()
                    postgresql.kill()
                    assert writers.call("GET", "/articles")[0] == 503
                    postgresql.start()
                writers.wait_for_more()
        with databases.connected(postgresql.url) as engine:
            assert writers.acknowledged - stored(engine) == set()
    assert writers.statuses <= {200, 503}
