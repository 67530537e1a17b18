"""Rounds of load on each configuration in turn, so that the machine's drift hits both alike."""

from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

from profiling.bench import cpu, wrk
from profiling.bench.proxy.serving import PATHS, Serving

AT_MOST = 1.15
"""The expectation: the CPU of our configuration, in multiples of the minimal one's."""


class Cost(NamedTuple):
    """What a kind of request costs a program: microseconds of its CPU under the minimal configuration and ours."""

    build: str
    kind: str
    minimal: float
    ours: float
    ratio: float

    @property
    def met(self) -> bool:
        return round(self.ratio, 2) <= AT_MOST


Once = Callable[[Serving, str], float]
"""One run of a kind of request, in microseconds of CPU for each."""


def measure(build: str, kind: str, serving: Sequence[Serving], once: Once, rounds: int) -> Cost:
    """One round to warm up, then `rounds` of them."""
    costs: dict[str, list[float]] = {one.name: [] for one in serving}
    for _ in range(rounds + 1):
        for one in serving:
            costs[one.name].append(once(one, kind))
    minimal, ours = costs["minimal"][1:], costs["ours"][1:]
    ratio = median(mine / plain for mine, plain in zip(ours, minimal, strict=True))
    return Cost(build, kind, median(minimal), median(ours), ratio)


def spend(one: Serving, kind: str, program: str, seconds: int) -> float:
    """Raises:
    LoadError: an answer was an error.
    """
    before = cpu.spent([one.root])
    load = wrk.run(program, f"https://localhost:{one.port}{PATHS[kind]}", {}, seconds)
    return (cpu.spent([one.root]) - before) / load.requests * 1e6
