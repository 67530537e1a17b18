"""Restarts under load behind the proxy lose no request and run none twice.

Short by default. PROVE_EVENTS=20 and PROVE_REQUESTS=20000 are the full counts.
"""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil
import pytest

from tests.servers import Proxy, Server, gunicorn_server, nginx_server, wait_until
from tests.serving.conftest import APP
from tests.serving.load import Load

EVENTS = int(os.environ.get("PROVE_EVENTS", "2"))
REQUESTS = int(os.environ.get("PROVE_REQUESTS", "1500"))
BETWEEN = 50
"""Requests that meet each event."""

WORKERS = 2
pytestmark = pytest.mark.timeout(120 + 30 * EVENTS)


@dataclass
class Site:
    """Gunicorn behind Nginx, the load on them, and the POSTs that were executed."""

    gunicorn: Server
    proxy: Proxy
    notes: Path

    @contextmanager
    def under_load(self) -> Iterator[Load]:
        """Load during the block; afterwards nothing may have failed, been lost or run twice."""
        load = Load(self.proxy.https_port, self.proxy.trust, seconds=100 + 25 * EVENTS)
        with load.running(at_least=REQUESTS):
            yield load
        posts = load.posted
        assert load.sent >= REQUESTS
        assert len(posts) > REQUESTS / 5
        assert load.failed == []
        assert load.lost(self.notes) == set()
        assert load.executed_twice(self.notes) == []


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "notes").touch()
    return {"NOTES": str(tmp_path / "notes"), "GUNICORN_WORKERS": str(WORKERS)}


@pytest.fixture
def site(environ: dict[str, str]) -> Iterator[Site]:
    with serve(environ) as served:
        yield served


@contextmanager
def serve(environ: dict[str, str]) -> Iterator[Site]:
    with (
        gunicorn_server(APP, environ) as gunicorn,
        nginx_server(int(gunicorn.environ["APP_PORT"])) as proxy,
    ):
        yield Site(gunicorn, proxy, Path(environ["NOTES"]))


def workers(master: int) -> set[int]:
    return {child.pid for child in psutil.Process(master).children()}


def replaced(master: int, before: set[int]) -> Callable[[], bool]:
    """As many workers as before, and none of them is the same."""
    return lambda: len(workers(master)) == WORKERS and not workers(master) & before


@pytest.mark.matrix
def test_hup_loses_no_request(site: Site) -> None:
    with site.under_load() as load:
        for _ in range(EVENTS):
            before = workers(site.gunicorn.pid)
            load.wait_for(BETWEEN)
            os.kill(site.gunicorn.pid, signal.SIGHUP)
            site.gunicorn.wait_for(replaced(site.gunicorn.pid, before), "all workers are replaced")


def test_term_of_a_worker_loses_no_request(site: Site) -> None:
    with site.under_load() as load:
        for _ in range(EVENTS):
            victim = min(workers(site.gunicorn.pid))
            load.wait_for(BETWEEN)
            os.kill(victim, signal.SIGTERM)
            site.gunicorn.wait_for(replaced(site.gunicorn.pid, {victim}), "the worker is replaced")


@pytest.mark.matrix
def test_max_requests_loses_no_request(environ: dict[str, str]) -> None:
    limits = {"GUNICORN_MAX_REQUESTS": str(REQUESTS // (EVENTS * WORKERS)), "GUNICORN_MAX_REQUESTS_JITTER": "20"}
    with serve(environ | limits) as site, site.under_load():
        site.gunicorn.wait_for(
            lambda: site.gunicorn.output().count("Autorestarting worker") >= EVENTS, "enough workers had enough"
        )


@pytest.mark.matrix
def test_an_upgrade_of_the_running_master_loses_no_request(site: Site) -> None:
    """USR2 starts a second master on the same sockets, TERM ends the first (Gunicorn's manual, Signal Handling)."""
    master = site.gunicorn.pid
    with site.under_load() as load:
        for event in range(EVENTS):
            load.wait_for(BETWEEN)
            os.kill(master, signal.SIGUSR2)
            fresh = new_master(master)
            os.kill(master, signal.SIGTERM)
            wait_until(promoted(site.gunicorn, event + 1), "the new master knows that it is the only one")
            master = fresh


def new_master(old: int) -> int:
    """The child of `old` that has workers of its own."""

    def found() -> list[int]:
        return [child.pid for child in psutil.Process(old).children() if len(child.children()) == WORKERS]

    wait_until(lambda: bool(found()), "the new master has workers")
    return found()[0]


def promoted(gunicorn: Server, times: int) -> Callable[[], bool]:
    return lambda: gunicorn.output().count("Master has been promoted") == times


def test_a_full_restart_with_the_socket_held_outside_loses_no_request(environ: dict[str, str]) -> None:
    """While no Gunicorn runs, connections wait in the kernel for the next one."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as held:
        port = held.getsockname()[1]
        handed = environ | {"GUNICORN_BIND": f"fd://{held.fileno()}", "APP_PORT": str(port)}
        with (
            nginx_server(port) as proxy,
            Restarting(handed, held.fileno()) as gunicorn,
            Site(gunicorn.server, proxy, Path(environ["NOTES"])).under_load() as load,
        ):
            for _ in range(EVENTS):
                load.wait_for(BETWEEN)
                gunicorn.restart()


class Restarting:
    """A Gunicorn that can be ended and started anew on a socket that stays."""

    def __init__(self, environ: dict[str, str], fd: int) -> None:
        self.environ, self.fd, self.stack = environ, fd, ExitStack()

    def __enter__(self) -> Self:
        self.server = self.stack.enter_context(gunicorn_server(APP, self.environ, pass_fds=[self.fd]))
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stack.close()

    def restart(self) -> None:
        self.stack.close()
        self.__enter__()
