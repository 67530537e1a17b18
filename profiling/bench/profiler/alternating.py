"""The same call to an application with and without: a few hundred to one, then to the other; what drifts is in both.

In one process: two of them, with the same application in both, can differ by more than a profiler costs.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from statistics import median
from typing import IO, NamedTuple, cast

from tests.servers import ROOT, clean_environment

from profiling.bench.profiler.cases import NONE, OURS, Case
from profiling.bench.profiler.serving import UnexpectedAnswerError, running_on, settings, the_last

CALLS = 300
"""In one before it is the other's turn: some hundredths of a second."""

BATCHES = {"counted": 3000, "looked at": 400}
"""Requests that are written down at once: of those that are counted, as many as come in two seconds."""

WRITES = 3
"""In each process."""

KINDS = {"none": (NONE, "0"), "counted": (OURS, "0"), "looked at": (OURS, "10000")}
"""A way, and PROFILER_SAMPLES_PER_SECOND: no request is looked at closely, or every one is: they come in turns, so that
the budget is full again before the next."""


class Added(NamedTuple):
    """Microseconds of CPU of a call, without a server around it; to write it down is in `counted` and `looked`.

    Attributes:
        plain: without a profiler.
        counted: more with ours.
        looked: more where it is looked at closely.
    """

    plain: float
    counted: float
    looked: float

    def usual(self, share: float) -> float:
        """Where so many of all requests are looked at closely, 0 to 1."""
        return self.counted + share * (self.looked - self.counted)


class Caller:
    """A process with the same application of each kind, which share all that makes one process differ from another."""

    def __init__(self, process: "subprocess.Popen[str]", kinds: Mapping[str, Mapping[str, str]]) -> None:
        self.requests, self.answers = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
        print(json.dumps(kinds), file=self.requests, flush=True)
        self.answered: dict[str, str] = json.loads(self.answers.readline() or "{}")

    def spend(self, kind: str, calls: int) -> float:
        """Microseconds of CPU for a call."""
        return self.ask(kind, calls) / calls * 1e6

    def write(self, kind: str, calls: int) -> float:
        """Microseconds of CPU to write a call down, beyond what is written where there was none."""
        self.ask(kind, "write")
        idle = self.ask(kind, "write")
        self.ask(kind, calls)
        return (self.ask(kind, "write") - idle) / calls * 1e6

    def ask(self, kind: str, what: object) -> float:
        print(kind, what, file=self.requests, flush=True)
        return float(self.answers.readline())


def measure(case: Case, backing: Mapping[str, str], rounds: int, starts: int = 1) -> Added:
    """
    Args:
        rounds: in each of `starts` processes: how code comes to lie in memory is luck.

    Raises:
        UnexpectedAnswerError: an application answers something else than the case is about.
    """
    found = [started(case, backing, rounds) for _ in range(starts)]
    return compare([turn for turns, _ in found for turn in turns], [write for _, writes in found for write in writes])


Spent = list[dict[str, float]]
"""Microseconds for a call, by kind."""


def started(case: Case, backing: Mapping[str, str], rounds: int) -> tuple[Spent, Spent]:
    """One process's turns, and what it took to write calls down."""
    with ExitStack() as stack:
        with running_on(the_last):
            caller = start(stack, case, backing)
        confirm(case, caller)
        turns = [turn(caller, bool(number % 2)) for number in range(rounds)]
        return turns, [{kind: caller.write(kind, calls) for kind, calls in BATCHES.items()} for _ in range(WRITES)]


def start(stack: ExitStack, case: Case, backing: Mapping[str, str]) -> Caller:
    kinds = {}
    for kind, (way, samples) in KINDS.items():
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hotroute-bench-"))
        own = {"DATA_DIR": folder, "GUNICORN_WORKERS": "1", "PROFILER_SAMPLES_PER_SECOND": samples}
        kinds[kind] = {**settings(case, way, backing, f"{kind}:"), **own}
    command = [sys.executable, "-m", "profiling.bench.profiler.calling", case.app.partition(":")[2], case.path]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=clean_environment()
    )
    return Caller(stack.enter_context(process), kinds)


def confirm(case: Case, caller: Caller) -> None:
    for kind in KINDS:
        answered = caller.answered.get(kind, "")
        if not answered.startswith("200 OK") or ("; hit" in answered) != case.hit:
            raise UnexpectedAnswerError(f"{case.name}, called without a server: {answered!r}")


def turn(caller: Caller, back: bool) -> dict[str, float]:
    """Each once, forth or back."""
    kinds = list(KINDS)[::-1] if back else list(KINDS)
    return {kind: caller.spend(kind, CALLS) for kind in kinds}


def compare(turns: Spent, writes: Spent) -> Added:
    """Medians of the differences within each turn, and of the writes."""
    counted, looked = (
        median(each[kind] - each["none"] for each in turns) + median(each[kind] for each in writes) for kind in BATCHES
    )
    return Added(median(each["none"] for each in turns), counted, looked)
