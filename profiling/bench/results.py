"""What the runs say: medians, the ratio to the bare Flask view, and whether an expectation is met."""

from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from profiling.bench.cases import FLOOR, Case
from profiling.bench.rounds import Measured


class Result(NamedTuple):
    """A case in numbers: microseconds of server CPU per request, requests per second, bytes of one body."""

    case: Case
    cpu: float
    lowest: float
    highest: float
    ratio: float
    rate: float
    size: int

    @property
    def met(self) -> bool | None:
        """Whether the ratio, as it is shown, keeps the case's expectation; None where there is none."""
        return None if self.case.at_most is None else round(self.ratio, 2) <= self.case.at_most

    @property
    def verdict(self) -> str:
        if self.met is None:
            return ""
        return f"at most {self.case.at_most}: {'met' if self.met else 'NOT MET'}"


def summarize(measured: Sequence[Measured]) -> list[Result]:
    floor = next(each for each in measured if each.case == FLOOR)
    return [result(each, floor) for each in measured]


def result(each: Measured, floor: Measured) -> Result:
    costs = [run.cpu for run in each.runs]
    # Two runs of one round are seconds apart: their ratio hardly feels the machine's drift.
    ratios = [run.cpu / bare.cpu for run, bare in zip(each.runs, floor.runs, strict=True)]
    rate = median(run.rate for run in each.runs)
    return Result(each.case, median(costs), min(costs), max(costs), median(ratios), rate, each.size)
