"""Everything that serves while the bench runs: a Gunicorn for each site, the databases, Redis."""

import secrets
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from tests.databases import connected
from tests.servers import PROGRAMS, free_port, gunicorn_server, server

from conduit.services import tokens
from hotroute.serving.stack.probes import redis_answer
from profiling.bench import databases, subjects
from profiling.bench.cases import Case, Site
from profiling.bench.rounds import Target

# The same for every site. No worker is replaced in the middle of a run; everything else is the project's default.
GUNICORN = {"GUNICORN_WORKERS": "2", "GUNICORN_THREADS": "4", "GUNICORN_MAX_REQUESTS": "0"}


class Backing(NamedTuple):
    """What an application stands on: its environment, the process trees that count with it, what its data holds."""

    environ: Mapping[str, str]
    roots: Sequence[int]
    names: Mapping[str, str]
    headers: Mapping[str, str]


NOTHING = Backing({}, [], {}, {})


def start(stack: ExitStack, cases: Sequence[Case], articles: int, console: Console) -> list[Target]:
    """Start what the cases need, each database filled; the stack ends it all."""
    backings: dict[str | None, Backing] = {None: NOTHING}
    for name in dict.fromkeys(case.site.database for case in cases if case.site.database):
        backings[name] = back(stack, name, articles, console)
    roots = {site: serve(stack, site, backings[site.database]) for site in dict.fromkeys(case.site for case in cases)}
    return [target(case, *roots[case.site], backings[case.site.database]) for case in cases]


def back(stack: ExitStack, name: str, articles: int, console: Console) -> Backing:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hotroute-bench-")))
    database = stack.enter_context(databases.KINDS[name](folder))
    console.print(f"{name}: seeding {articles:,} articles")
    with connected(database.url) as engine:
        databases.fill(engine, articles, console)
        chosen = subjects.choose(engine)
    secret, redis_port = secrets.token_hex(32), str(free_port())
    environ = {"SECRET_KEY": secret, "DATABASE_URL": database.url, "REDIS_PORT": redis_port}
    redis = stack.enter_context(server([PROGRAMS / "hotroute", "redis"], environ))
    redis.wait_for(lambda: not redis_answer(redis.environ), "Redis answers PING")
    token = tokens.issue(tokens.Signer(secret, 24 * 3600), chosen.reader)
    return Backing(environ, [*database.roots, redis.pid], chosen.names, {"Authorization": f"Token {token}"})


def serve(stack: ExitStack, site: Site, backing: Backing) -> tuple[int, list[int]]:
    """The port, and the roots of every process tree that the site's answers cost."""
    environ = {**GUNICORN, **backing.environ, **site.environ}
    gunicorn = stack.enter_context(gunicorn_server(site.app, environ, site.ready))
    return int(gunicorn.environ["APP_PORT"]), [gunicorn.pid, *backing.roots]


def target(case: Case, port: int, roots: list[int], backing: Backing) -> Target:
    url = f"http://127.0.0.1:{port}{case.path.format_map(backing.names)}"
    return Target(case, url, backing.headers if case.signed_in else {}, roots, backing.environ)
