"""The measuring itself: every case in turn, round after round, so that the machine's drift hits all alike."""

import json
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection
from time import sleep
from typing import NamedTuple
from urllib.parse import urlsplit

from profiling.bench import cpu
from profiling.bench.cases import Case
from profiling.bench.wrk import Load

ATTEMPTS, PAUSE = 5, 0.2
"""Seconds between them: a worker that was short of CPU is not trusted for a moment."""


class Target(NamedTuple):
    """A case that can be asked: where, as whom, the process trees that the answer costs, and the server's settings."""

    case: Case
    url: str
    headers: Mapping[str, str]
    roots: Sequence[int]
    environ: Mapping[str, str] = {}


class Run(NamedTuple):
    """One run of one case: server CPU in microseconds per request, and requests per second."""

    cpu: float
    rate: float


class Measured(NamedTuple):
    """A case, its runs, and the bytes of one body."""

    case: Case
    runs: Sequence[Run]
    size: int


class UnexpectedAnswerError(RuntimeError):
    """A case is not answered with what it is about; nothing of it was measured."""


LoadOnce = Callable[[Target], Load]


def measure(targets: Sequence[Target], load: LoadOnce, rounds: int, done: Callable[[], object]) -> list[Measured]:
    """One run of each target to warm up, then `rounds` of them; `done` is called after each run.

    Raises:
        UnexpectedAnswerError: before or after a run, a body was not what the case shows.
        LoadError: during a run, an answer was an error.
    """
    sizes = [ask(target).size for target in targets]
    runs: list[list[Run]] = [[] for _ in targets]
    for _ in range(rounds + 1):
        for target, known in zip(targets, runs, strict=True):
            known.append(once(target, load))
            confirm(target)
            done()
    measured = zip(targets, runs, sizes, strict=True)
    return [Measured(target.case, known[1:], size) for target, known, size in measured]


def once(target: Target, load: LoadOnce) -> Run:
    before = cpu.spent(target.roots)
    completed = load(target)
    used = cpu.spent(target.roots) - before
    return Run(used / completed.requests * 1e6, completed.rate)


def confirm(target: Target) -> None:
    """That it still answers as it must; what expired meanwhile may be made anew."""
    for _ in range(ATTEMPTS):
        status = ask(target).cache
        if not target.case.hot or "; hit" in status:
            return
        sleep(PAUSE)
    raise UnexpectedAnswerError(f"{target.case.name}: not answered from the cache, but: {status}")


class Asked(NamedTuple):
    """The bytes of a body, and the `Cache-Status` that came with it."""

    size: int
    cache: str


def ask(target: Target) -> Asked:
    """One answer, once it is seen to be the right one."""
    place = urlsplit(target.url)
    connection = HTTPConnection(place.netloc, timeout=10)
    try:
        connection.request("GET", target.url.partition(place.netloc)[2], headers=dict(target.headers))
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    if response.status != 200 or not target.case.shows(json.loads(body)):
        raise UnexpectedAnswerError(f"{target.case.name}: {target.url} answers {response.status} {body[:200]!r}")
    return Asked(len(body), response.headers["Cache-Status"] or "")
