"""A Gunicorn for each case and way, all on one CPU, which only one of them uses at a time."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import sleep
from typing import NamedTuple

from rich.console import Console
from tests.databases import connected
from tests.servers import free_port, gunicorn_server, redis_server

from profiling.bench import databases
from profiling.bench.profiler.cases import CASES, CONDUIT, Case, Way
from profiling.bench.profiler.client import Clients

# One thread: under more, Flask-Profiler's SQLite storage, a cursor shared by all, ends in segmentation faults.
GUNICORN = {
    "GUNICORN_WORKERS": "1",
    "GUNICORN_THREADS": "1",
    "GUNICORN_MAX_REQUESTS": "0",
    "GUNICORN_KEEPALIVE": "3600",
}
SECRETS = {"SECRET_KEY": "a secret of the bench, longer than 32 bytes", "PROFILER_PASSWORD": "a password of the bench"}
ATTEMPTS, PAUSE = 40, 0.25
"""Seconds between them: a Redis that has just started is not trusted for a moment."""


class Subject(NamedTuple):
    """A server that runs, and its clients."""

    case: Case
    way: Way
    root: int
    clients: Clients


class UnexpectedAnswerError(RuntimeError):
    """A case is not answered with what it is about."""


@contextmanager
def database(articles: int, console: Console) -> Iterator[dict[str, str]]:
    """What Conduit stands on, as environment variables."""
    with tempfile.TemporaryDirectory(prefix="hotroute-bench-") as folder, redis_server() as redis:
        url = f"sqlite:///{Path(folder) / 'conduit.db'}"
        with connected(url) as engine:
            databases.fill(engine, articles, console)
        # A busy machine must not look like an outage.
        yield {"DATABASE_URL": url, "REDIS_URL": redis, "REDIS_TIMEOUT": "2"}


@contextmanager
def start(backing: Mapping[str, str]) -> Iterator[list[Subject]]:
    with ExitStack() as stack:
        with running_on(the_last):
            subjects = [serve(stack, case, way, backing) for case in CASES for way in case.ways]
        stack.enter_context(running_on(all_but_the_last))
        for subject in subjects:
            confirm(subject)
        yield subjects


def serve(stack: ExitStack, case: Case, way: Way, backing: Mapping[str, str]) -> Subject:
    environ = {**GUNICORN, "APP_PORT": str(free_port()), **settings(case, way, backing, f"{way.word}:")}
    running = stack.enter_context(gunicorn_server(case.app, environ, case.ready))
    clients = stack.enter_context(Clients(int(environ["APP_PORT"]), case.path))
    return Subject(case, way, running.pid, clients)


def settings(case: Case, way: Way, backing: Mapping[str, str], namespace: str) -> dict[str, str]:
    """The environment of an application; whoever shares a Redis needs a namespace of its own."""
    profiled = {"BENCH_PROFILER": way.word, "PROFILER_ENABLED": str(way.word == "ours").lower()}
    own = {**backing, "CACHE_NAMESPACE": namespace} if case.app == CONDUIT else {}
    return {**SECRETS, **own, **case.environ, **profiled}


Cpus = set[int]


@contextmanager
def running_on(choose: Callable[[Cpus], Cpus]) -> Iterator[None]:
    """This process, and those that it starts, use only some CPUs; all, where it has but one or the system cannot."""
    before = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if len(before) < 2:
        yield
        return
    os.sched_setaffinity(0, choose(before))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def the_last(cpus: Cpus) -> Cpus:
    return {max(cpus)}


def all_but_the_last(cpus: Cpus) -> Cpus:
    return cpus - {max(cpus)}


def confirm(subject: Subject) -> None:
    """Raises:
    UnexpectedAnswerError: it answers something else, or what must be a hit does not become one.
    """
    what = f"{subject.case.name}, {subject.way.name}"
    for _ in range(ATTEMPTS):
        answer = subject.clients.one()
        if answer.status != 200 or not subject.case.shows(json.loads(answer.body)):
            raise UnexpectedAnswerError(f"{what}: {answer.head!r} {answer.body[:200]!r}")
        if not subject.case.hit or "; hit" in answer.header("Cache-Status"):
            return
        sleep(PAUSE)
    raise UnexpectedAnswerError(f"{what}: no hit, but {answer.header('Cache-Status')!r}")


def of(case: Case, subjects: Sequence[Subject]) -> list[Subject]:
    return [subject for subject in subjects if subject.case == case]
