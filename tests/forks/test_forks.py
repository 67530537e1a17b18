"""No process uses what another has opened: each answer is the right one, however the processes were started.

Short by default. PROVE_FORK_REQUESTS=1200 is the full count.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.forks.clients import WAYS, ask
from tests.servers import PROGRAMS, ROOT, Server, free_port, gunicorn_server, server, status

REQUESTS = int(os.environ.get("PROVE_FORK_REQUESTS", "300"))
APP = "tests.forks.app:app"
Environ = dict[str, str]


def gunicorn(environ: Environ, **settings: str) -> AbstractContextManager[Server]:
    return gunicorn_server(APP, environ | {"GUNICORN_WORKERS": "3", "GUNICORN_THREADS": "4", **settings})


def preloaded(environ: Environ) -> AbstractContextManager[Server]:
    return gunicorn(environ)


def not_preloaded(environ: Environ) -> AbstractContextManager[Server]:
    return gunicorn(environ, GUNICORN_PRELOAD_APP="false")


@contextmanager
def started(command: list[str], environ: Environ) -> Iterator[Server]:
    port = free_port()
    words = [word.format(port=port) for word in command]
    with server([PROGRAMS / words[0], *words[1:]], environ | {"APP_PORT": str(port)}, cwd=ROOT) as running:
        running.wait_for(lambda: status(port, "/healthz") == 200, "it answers")
        yield running


def development(environ: Environ) -> AbstractContextManager[Server]:
    return started(["flask", "--app", "tests.forks.app", "run", "--debug", "--port", "{port}"], environ)


def own_script(way: str) -> Callable[[Environ], AbstractContextManager[Server]]:
    return lambda environ: started(["python", "-m", "tests.forks.starting", way, "{port}"], environ)


STARTS = {
    "gunicorn": preloaded,
    "gunicorn-without-preload": not_preloaded,
    "flask-run": development,
    "werkzeug-processes": own_script("werkzeug"),
    "os-fork": own_script("fork"),
    "multiprocessing": own_script("multiprocessing"),
}


@pytest.fixture(scope="module", params=STARTS)
def running(request: pytest.FixtureRequest, postgresql_url: str, redis_url: str) -> Iterator[Server]:
    with STARTS[request.param]({"DATABASE_URL": postgresql_url, "REDIS_URL": redis_url}) as server:
        yield server


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.matrix("way")
def test_each_answer_is_the_right_one(running: Server, way: str) -> None:
    seen = ask(int(running.environ["APP_PORT"]), way, REQUESTS)
    assert seen.outcomes == {"right": REQUESTS}, running.output()[-2000:]
