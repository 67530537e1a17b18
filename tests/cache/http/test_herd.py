"""A cold herd over several Gunicorn workers: the view runs once, and once more where its worker is killed with -9."""

import os
import secrets
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.client import HTTPException

import pytest

from hotroute import redis_client
from tests import servers
from tests.cache.http.conftest import answer

WORKERS, THREADS = 2, 4
TOGETHER = WORKERS * THREADS
"""Requests that are worked on at once; the others wait at the door."""
MOST = 500

Answered = tuple[str, str]
"""A body, and its `Cache-Status`; nothing where the worker was killed."""


class Herd:
    """Clients of `/held`, whose view goes on when it is told to."""

    def __init__(self, gunicorn: servers.Server, url: str, pool: ThreadPoolExecutor) -> None:
        self.gunicorn, self.pool, self.space = gunicorn, pool, gunicorn.environ["CACHE_NAMESPACE"]
        self.redis = redis_client.connect(url, timeout=5)
        self.asked: list[Future[Answered]] = []

    def executions(self) -> list[int]:
        """The processes in which the view was run."""
        return [int(pid) for pid in self.redis.lrange(f"{self.space}executions", 0, -1)]

    def counted(self, what: str) -> int:
        return int(self.redis.scard(f"{self.space}{what}"))

    def forget(self) -> None:
        self.redis.delete(*(f"{self.space}{what}" for what in ("executions", "looked", "waiting", "go")))

    def gather(self, clients: int) -> None:
        """So many ask, and more until each thread of each worker has a request that has looked."""
        self.forget()
        self.asked = [self.pool.submit(self.ask) for _ in range(clients)]

        def met() -> bool:
            if self.counted("looked") < TOGETHER:
                self.asked.append(self.pool.submit(self.ask))
            return self.counted("looked") >= TOGETHER

        servers.wait_until(met, "each thread has a request")

    def ask(self) -> Answered:
        try:
            _, headers, body = answer(self.gunicorn, "/held")
        except (OSError, HTTPException):
            return "", ""
        return body.decode(), headers["Cache-Status"]

    def go(self) -> list[Answered]:
        self.redis.set(f"{self.space}go", 1)
        return [each.result(timeout=60) for each in self.asked]

    def expire(self) -> None:
        """All entries reach the end of their time."""
        for key in self.redis.scan_iter(f"{self.space}e:*", _type="hash"):
            self.redis.pexpire(key, 1)
            servers.wait_until(lambda: not self.redis.exists(key), "an entry has expired")  # noqa: B023  # at once


@pytest.fixture
def herd(redis_url: str) -> Iterator[Herd]:
    environ = {
        "REDIS_URL": redis_url,
        "CACHE_NAMESPACE": f"test:{secrets.token_hex(4)}:",
        "GUNICORN_WORKERS": str(WORKERS),
        "GUNICORN_THREADS": str(THREADS),
    }
    with (
        servers.gunicorn_server("tests.cache.http.herd:app", environ, path="/warm") as running,
        ThreadPoolExecutor(MOST + 100) as pool,
    ):
        servers.wait_until(lambda: "hit" in answer(running, "/warm")[1]["Cache-Status"], "the cache is trusted")
        herd = Herd(running, redis_url, pool)
        yield herd
        herd.go()
        herd.redis.close()


@pytest.mark.parametrize("clients", [32, MOST])
def test_a_cold_herd_runs_the_view_once(herd: Herd, clients: int) -> None:
    herd.gather(clients)
    answers = herd.go()
    assert len(herd.executions()) == 1
    assert len(answers) >= clients
    assert {body for body, _ in answers} == {"text"}
    assert [status for _, status in answers if "hit" not in status and "collapsed" not in status] == [
        "Hotroute; fwd=miss; stored"
    ]


def test_a_herd_after_the_end_of_an_entrys_time_runs_the_view_once(herd: Herd) -> None:
    herd.gather(TOGETHER)
    herd.go()
    herd.expire()
    herd.gather(32)
    assert {body for body, _ in herd.go()} == {"text"}
    assert len(herd.executions()) == 1


def test_a_herd_whose_leader_is_killed_runs_the_view_twice(herd: Herd) -> None:
    herd.gather(32)
    servers.wait_until(lambda: bool(herd.executions()), "the leader's view runs")
    os.kill(herd.executions()[0], signal.SIGKILL)
    servers.wait_until(lambda: len(herd.executions()) > 1, "another one leads, or all do")
    herd.redis.delete(f"{herd.space}waiting")
    servers.wait_until(lambda: herd.counted("waiting") >= THREADS - 1, "the others of the worker that is left wait")
    answers = herd.go()
    assert len(herd.executions()) == 2
    assert "text" in {body for body, _ in answers} <= {"text", ""}
