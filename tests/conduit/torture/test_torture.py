"""The guarantee over HTTP, while readers and writers hammer and processes are killed with -9.

A: no answer is older than the newest commit when its read began; B: nor than the newest write that had returned; S:
once writers are quiet, every answer is what the database holds. Short by default; PROVE_READS=200000 is the full count.
"""

import os
import random
import secrets
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psutil
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from conduit.models import User
from conduit.schemas.articles import NewArticle
from conduit.services import articles, tokens
from hotroute.serving.stack.probes import redis_answer
from tests import databases, servers
from tests.conduit.torture.breaks import BREAKS
from tests.conduit.torture.clients import Crowd, stored
from tests.conduit.torture.history import History

READS = int(os.environ.get("PROVE_READS", "8000")) // 2
"""On each of two databases."""
KILLS = max(4, READS // 5000)
"""Of a worker and of Redis in turn."""
BETWEEN = READS // (KILLS + 1)
"""Reads between two kills; a fifth of them hits at least, for it is a cache that is tortured."""
READERS = 6
NAMES = ("anna", "jake", "mary")
SECRET = "a secret for tests, longer than thirty-two bytes"
MARK_TTL = 1.5
BROKEN_READS = 6000

pytestmark = pytest.mark.timeout(300 + READS // 20)


class Redis:
    """The cache's Redis, on one port all along."""

    def __init__(self) -> None:
        self.port = servers.free_port()
        self.stack = ExitStack()

    def start(self) -> None:
        environ = {"REDIS_PORT": str(self.port)}
        self.running = self.stack.enter_context(servers.server([servers.PROGRAMS / "hotroute", "redis"], environ))
        self.running.wait_for(lambda: not redis_answer(self.running.environ), "Redis answers PING")

    def kill(self) -> None:
        os.killpg(self.running.pid, signal.SIGKILL)
        self.stack.close()


@dataclass
class Torture:
    """Conduit with several workers, its Redis, and what its clients saw."""

    crowd: Crowd
    history: History
    gunicorn: servers.Server
    redis: Redis
    engine: Engine

    def wait_for(self, reads: int, hits: int = 0, seconds: float = 120) -> None:
        """Until so many more reads were answered, and so many of them hits; or one was wrong."""
        counts, deadline = self.history.counts, time.monotonic() + seconds
        reads, hits = counts["reads"] + reads, counts["hits"] + hits
        while (counts["reads"] < reads or counts["hits"] < hits) and not self.history.violations:
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds:.0f} s: {reads} reads; there were {self.history.tally()}")
            time.sleep(0.02)

    def kill_a_worker(self) -> None:
        random.choice(psutil.Process(self.gunicorn.pid).children()).kill()
        self.history.count("workers killed")

    def kill_redis(self) -> None:
        self.redis.kill()
        time.sleep(random.random() * 0.5)
        self.redis.start()
        self.history.count("Redis killed")

    def settle(self) -> None:
        """Writers have stopped: look at once, and again when marks of the dead have expired."""
        with self.engine.connect() as connection:
            committed = stored(connection)
        self.crowd.look_around(committed)
        time.sleep(MARK_TTL)
        self.crowd.look_around(committed)


@contextmanager
def torturing(url: str, broken: str = "") -> Iterator[Torture]:
    redis = Redis()
    engine = create_engine(databases.driver(url), isolation_level="AUTOCOMMIT", pool_size=READERS + 1)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        found = prepare(url)
        redis.start()
        stack.callback(redis.kill)
        gunicorn = stack.enter_context(
            servers.gunicorn_server("tests.conduit.torture.serving:app", environment(url, redis, broken))
        )
        history = History()
        crowd = Crowd(int(gunicorn.environ["APP_PORT"]), found, history, engine.connect)
        yield Torture(crowd, history, gunicorn, redis, engine)


def prepare(url: str) -> dict[str, str]:
    """Writers with an article each, whose numbers are zero; their tokens."""
    with databases.connected(url) as engine, Session(engine, expire_on_commit=False) as session:
        databases.empty(engine)
        users = [User(username=name, email=f"{name}@example.com", password_hash="", bio="0") for name in NAMES]
        session.add_all(users)
        session.commit()
        for user in users:
            articles.publish(session, user.id, NewArticle(title=user.username, description="0", body="b"))
        return {user.username: tokens.issue(tokens.Signer(SECRET, 24 * 3600), user.id) for user in users}


def environment(url: str, redis: Redis, broken: str) -> dict[str, str]:
    return {
        "SECRET_KEY": SECRET,
        "DATABASE_URL": url,
        "REDIS_URL": f"redis://127.0.0.1:{redis.port}/0",
        "CACHE_NAMESPACE": f"torture:{secrets.token_hex(4)}:",
        "CACHE_MARK_TTL": str(MARK_TTL),
        "GUNICORN_WORKERS": "3",
        "LOG_LEVEL": "WARNING",
        "BREAK": broken,
    }


def test_no_answer_is_stale_whatever_is_killed(
    database_url: str, record_property: Callable[[str, object], None]
) -> None:
    with torturing(database_url) as torture:
        with torture.crowd.running(READERS):
            for number in range(KILLS):
                torture.wait_for(BETWEEN, hits=BETWEEN // 5)
                (torture.kill_redis if number % 2 else torture.kill_a_worker)()
            torture.wait_for(max(BETWEEN, READS - torture.history.counts["reads"]), hits=BETWEEN // 5)
            torture.crowd.writing.set()
        torture.settle()
    for name, number in torture.history.tally().items():
        record_property(name, number)
    assert torture.history.violations == []
    assert torture.history.counts["reads"] >= READS
    assert torture.history.counts["writes"] > READS // 200


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.matrix("broken")
def test_a_broken_cache_is_caught(database_url: str, broken: str) -> None:
    catch(database_url, broken)


@pytest.mark.only("postgresql")
@pytest.mark.parametrize("broken", BREAKS if "PROVE_READS" in os.environ else ["after_commit_only"])
@pytest.mark.matrix
def test_a_broken_cache_is_caught_on_postgresql(database_url: str, broken: str) -> None:
    catch(database_url, broken)


def catch(database_url: str, broken: str) -> None:
    with torturing(database_url, broken) as torture:
        with torture.crowd.running(READERS):
            torture.wait_for(BROKEN_READS)
            torture.crowd.writing.set()
        torture.settle()
    assert torture.history.violations, torture.history.tally()
