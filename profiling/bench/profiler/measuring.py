"""Short runs of each way in turn, so that the machine's drift hits all alike; what is done afterwards counts too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, sleep
from typing import NamedTuple

from profiling.bench.profiler import spent
from profiling.bench.profiler.cases import NONE, Case, Way
from profiling.bench.profiler.serving import Subject

WARMING = 0.3
"""Seconds of load before each run: the budget of requests that are looked at closely has to be used up, as it is under
steady load."""
SETTLING = 2.5
"""Seconds after the last run, in which what was recorded is written."""


@dataclass
class Runs:
    """What one subject's runs cost.

    Attributes:
        cpu: seconds for a request, of each run.
        requests: of all runs and their warming.
        loaded: CPU seconds within these, and how long they took.
        idle: CPU seconds a second while nobody asks.
        whole: CPU seconds from the first run until everything has settled, and how long that took.
    """

    cpu: list[float] = field(default_factory=list)
    requests: int = 0
    loaded: float = 0.0
    loaded_for: float = 0.0
    idle: float = 0.0
    whole: float = 0.0
    whole_for: float = 0.0

    @property
    def behind(self) -> float:
        """Seconds of CPU for a request that were spent between the runs, idling not counted: on writing them down."""
        idling = self.idle * (self.whole_for - self.loaded_for)
        return max(0.0, self.whole - self.loaded - idling) / self.requests


class Cost(NamedTuple):
    """What a request costs under Gunicorn, in microseconds of CPU.

    Attributes:
        own: while it is served; `behind`: afterwards, in the background.
        ratio: of both, to the same without a profiler: the median of the rounds' own.
    """

    case: Case
    way: Way
    own: float
    behind: float
    ratio: float


Progressed = Callable[[], object]


def measure(subjects: Sequence[Subject], rounds: int, seconds: float, done: Progressed) -> list[Runs]:
    """One round to warm up, then `rounds` of them."""
    for subject in subjects:
        subject.clients.ask(seconds)
        done()
    sleep(SETTLING)
    runs = [Runs() for _ in subjects]
    pairs = list(zip(subjects, runs, strict=True))
    rest(pairs, SETTLING)
    began, before = perf_counter(), [spent.seconds(subject.root) for subject in subjects]
    for number in range(rounds):
        # Back and forth: who comes first after another case's run is not always the same.
        for subject, known in pairs if number % 2 else reversed(pairs):
            run(subject, known, seconds)
            done()
    sleep(SETTLING)
    for (subject, known), at in zip(pairs, before, strict=True):
        known.whole, known.whole_for = spent.seconds(subject.root) - at, perf_counter() - began
    return runs


def rest(pairs: Sequence[tuple[Subject, Runs]], seconds: float) -> None:
    before = [spent.seconds(subject.root) for subject, _ in pairs]
    sleep(seconds)
    for (subject, known), at in zip(pairs, before, strict=True):
        known.idle = (spent.seconds(subject.root) - at) / seconds


def run(subject: Subject, known: Runs, seconds: float) -> None:
    began, before = perf_counter(), spent.seconds(subject.root)
    warmed = subject.clients.ask(WARMING)
    between = spent.seconds(subject.root)
    answered = subject.clients.ask(seconds)
    after = spent.seconds(subject.root)
    known.cpu.append((after - between) / answered)
    known.requests += warmed + answered
    known.loaded += after - before
    known.loaded_for += perf_counter() - began


def costs(subjects: Sequence[Subject], starts: Sequence[Sequence[Runs]]) -> list[Cost]:
    """Of one case; `starts` are the runs of each start of the servers."""
    (base,) = [number for number, subject in enumerate(subjects) if subject.way == NONE]
    found = []
    for number, subject in enumerate(subjects):
        ratios = [ratio for runs in starts for ratio in compare(runs[number], runs[base])]
        own = median(cpu for runs in starts for cpu in runs[number].cpu)
        behind = median(runs[number].behind for runs in starts)
        found.append(Cost(subject.case, subject.way, own * 1e6, behind * 1e6, median(ratios)))
    return found


def compare(runs: Runs, base: Runs) -> list[float]:
    pairs = zip(runs.cpu, base.cpu, strict=True)
    return [(cpu + runs.behind) / (plain + base.behind) for cpu, plain in pairs]
