"""Hot routes are hot with the second request after every start of the stack, and not where a mark may be lost."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from hotroute import redis_client
from hotroute.serving.stack import dev_environment
from hotroute.serving.stack.probes import redis_answer
from hotroute.serving.stack.up import new_redis
from hotroute.settings.serving import NEW_REDIS
from tests.conftest import SECRET
from tests.servers import PROGRAMS, Proxy, Server, free_port, gunicorn_server, server, stack, wait_until

LONG = {"CACHE_MARK_TTL": "600", "REDIS_TIMEOUT": "2", "DATABASE_TIMEOUT": "4", "SEED_ARTICLES": "5"}
"""No test waits until a young server is trusted, and a busy machine is no outage."""


def second_answer(running: Proxy) -> str:
    with redis_client.connect(f"redis://127.0.0.1:{running.server.environ['REDIS_PORT']}/0", timeout=5) as redis:
        wait_until(lambda: bool(redis.exists("hot:fence")), "a worker has looked whether anybody writes without Redis")
    running.get("/api/tags")
    response, _ = running.get("/api/tags")
    assert response.status == 200
    return response.headers["Cache-Status"]


@pytest.mark.matrix
def test_the_second_request_is_a_hit_after_every_start(tmp_path: Path) -> None:
    environ = {**LONG, "DATA_DIR": str(tmp_path)}
    for _ in ("first start", "started again"):
        with stack(environ=environ) as running:
            assert "; hit" in second_answer(running)
            os.kill(running.server.pid, signal.SIGINT)
            assert running.server.process.wait(timeout=60) == 0


@contextmanager
def redis_on(environ: Mapping[str, str]) -> Iterator[Server]:
    with server([PROGRAMS / "hotroute", "redis"], environ) as running:
        running.wait_for(lambda: not redis_answer(running.environ), "Redis answers PING")
        yield running


def cache_status(running: Server) -> str:
    connection = HTTPConnection("127.0.0.1", int(running.environ["APP_PORT"]), timeout=10)
    connection.request("GET", "/api/tags")
    try:
        return connection.getresponse().headers["Cache-Status"]
    finally:
        connection.close()


def prepare(environ: Mapping[str, str]) -> str:
    with server([PROGRAMS / "python", "-m", "conduit", "prepare"], environ) as running:
        assert running.process.wait(timeout=100) == 0, running.output()
        return running.output()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    ports = {name: str(free_port()) for name in ("APP_PORT", "REDIS_PORT")}
    return {**LONG, **ports, "DATA_DIR": str(tmp_path), "SECRET_KEY": SECRET}


@pytest.mark.matrix
def test_without_the_stack_nobody_vouches(environ: dict[str, str]) -> None:
    """The application is there before Redis, which is then killed alone, while workers live."""
    with ExitStack() as running:
        with redis_on(environ):
            prepare(environ)
        site = running.enter_context(gunicorn_server("wsgi:app", environ))
        for number in (signal.SIGTERM, signal.SIGKILL):
            with redis_on(environ) as redis:
                wait_until(lambda: "INVALIDATING" in cache_status(site), "Redis is asked again")
                prepare(environ)
                assert "INVALIDATING" in cache_status(site)
                os.kill(redis.pid, number)
                redis.process.wait(timeout=30)


def test_who_vouches_waits_for_no_worker(environ: dict[str, str]) -> None:
    """The databases are asked, so that workers may live where none is about to commit."""
    with ExitStack() as running:
        with redis_on(environ):
            prepare(environ)
        site = running.enter_context(gunicorn_server("wsgi:app", environ))
        running.enter_context(redis_on(environ))
        wait_until(lambda: "INVALIDATING" in cache_status(site), "Redis is asked again")
        prepare(environ | {NEW_REDIS: "true"})
        wait_until(lambda: "; hit" in cache_status(site), "a hit")


@pytest.mark.parametrize(
    ("redis_url", "command", "expected"),
    [
        ("", "hotroute redis", "true"),
        ("", "ssh -N -L 6380:elsewhere:6379 bastion", ""),
        ("redis://elsewhere:6379/0", "hotroute redis", ""),
        ("redis://127.0.0.1:6379/0", "hotroute redis", ""),
    ],
)
def test_only_a_redis_of_the_stack_is_new(redis_url: str, command: str, expected: str) -> None:
    environ = dev_environment.wiring({"REDIS_URL": redis_url})
    assert new_redis(environ, {"redis": command}) == expected
    assert not new_redis(environ, {"web": "gunicorn wsgi:app"})
