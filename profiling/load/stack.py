"""Everything that serves while the load runs: Redis, a seeded database, and Gunicorn with the profiler on."""

import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from tests.databases import connected
from tests.servers import Server, free_port, gunicorn_server, redis_server

from conduit.services.tokens import Signer
from profiling.bench import databases
from profiling.load import world
from profiling.load.world import World

SEED = 1
# As the defaults are on the machine with two CPUs that the baseline was measured on.
GUNICORN = {"GUNICORN_WORKERS": "2", "GUNICORN_THREADS": "4"}
LIMITS = {"LOGIN_RATE_LIMIT": "100000 per minute", "REGISTRATION_RATE_LIMIT": "100000 per minute"}
# A busy machine must not look like an outage of Redis.
CACHE = {"CACHE_ENABLED": "true", "CACHE_MARK_TTL": "1", "REDIS_TIMEOUT": "2"}
TRUSTED = "/api/tags"


class Serving(NamedTuple):
    """A stack that runs: where, the process that py-spy may watch, its settings, and what calls can be about."""

    port: int
    root: int
    environ: dict[str, str]
    world: World


@contextmanager
def start(folder: Path, articles: int, people: int, console: Console) -> Iterator[Serving]:
    """When it has ended, everything it measured is in `storage(folder)`."""
    secret = secrets.token_hex(32)
    url = f"sqlite:///{folder / 'conduit.db'}"
    with connected(url) as engine:
        databases.fill(engine, articles, console)
        known = world.look(engine, Signer(secret, 24 * 3600), people)
    with redis_server() as redis:
        environ = {"SECRET_KEY": secret, "DATABASE_URL": url, "REDIS_URL": redis, **GUNICORN, **LIMITS, **CACHE}
        environ |= profiled(folder) | {"APP_PORT": str(free_port())}
        with gunicorn_server("wsgi:app", environ, "/readyz") as running:
            port = int(environ["APP_PORT"])
            running.wait_for(lambda: hits(port), "Redis, which has just started, is trusted")
            yield Serving(port, running.pid, environ, known)
            complain(running)


def hits(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        connection.request("GET", TRUSTED)
        return "; hit" in connection.getresponse().headers["Cache-Status"]


def profiled(folder: Path) -> dict[str, str]:
    return {
        "PROFILER_ENABLED": "true",
        "PROFILER_URL": storage(folder),
        "PROFILER_PASSWORD": secrets.token_urlsafe(16),
    }


def storage(folder: Path) -> str:
    return f"sqlite:///{folder / 'profiler.db'}"


def complain(running: Server) -> None:
    """Raises:
    RuntimeError: Gunicorn is gone before it was to be.
    """
    if running.process.poll() is not None:
        raise RuntimeError(f"Gunicorn ended with {running.process.returncode}: {running.output()[-2000:]}")
