"""A Gunicorn for each case and way, all on one CPU, which only one of them uses at a time."""

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import sleep
from typing import NamedTuple

from rich.console import Console
from tests.databases import connected
from tests.servers import free_port, gunicorn_server, redis_server

from profiling.bench import databases
from profiling.bench.profiler.cases import CASES, CONDUIT, WAYS, Case, Way
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
        yield {"DATABASE_URL": url, "REDIS_URL": redis}


@contextmanager
def start(backing: dict[str, str]) -> Iterator[list[Subject]]:
    with ExitStack() as stack:
        cpus = pin(stack)
        subjects = [serve(stack, case, way, backing) for case in CASES for way in WAYS]
        if cpus:
            os.sched_setaffinity(0, cpus)
        for subject in subjects:
            confirm(subject)
        yield subjects


def pin(stack: ExitStack) -> set[int]:
    """What is started now runs on one CPU; the others, for the clients. None where the system has no such call."""
    if not hasattr(os, "sched_setaffinity") or len(all_of_them := os.sched_getaffinity(0)) < 2:
        return set()
    stack.callback(os.sched_setaffinity, 0, all_of_them)
    os.sched_setaffinity(0, {max(all_of_them)})
    return all_of_them - {max(all_of_them)}


def serve(stack: ExitStack, case: Case, way: Way, backing: dict[str, str]) -> Subject:
    profiled = {"BENCH_PROFILER": way.word, "PROFILER_ENABLED": str(way.word == "ours").lower()}
    own = {**backing, "CACHE_NAMESPACE": f"{way.word}:"} if case.app == CONDUIT else {}
    environ = {**GUNICORN, **SECRETS, "APP_PORT": str(free_port()), **own, **case.environ, **profiled}
    running = stack.enter_context(gunicorn_server(case.app, environ, case.ready))
    clients = stack.enter_context(Clients(int(environ["APP_PORT"]), case.path))
    return Subject(case, way, running.pid, clients)


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
