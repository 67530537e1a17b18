"""What the runs say: medians, the ratio to the bare Flask view, and whether an expectation is met."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import NamedTuple

from profiling.bench.cases import FLOOR, Case
from profiling.bench.rounds import Measured


class Limit(NamedTuple):
    """An expectation: at most so many times what `of` costs, the bare Flask view unless it is named."""

    at_most: float
    ratio: float
    of: str = ""

    @property
    def met(self) -> bool:
        return round(self.ratio, 2) <= self.at_most

    def __str__(self) -> str:
        return f"at most {self.at_most}{f' x {self.of}, is {self.ratio:.2f}' if self.of else ''}"


class Result(NamedTuple):
    """A case in numbers: microseconds of server CPU per request, requests per second, bytes of one body."""

    case: Case
    cpu: float
    lowest: float
    highest: float
    ratio: float
    rate: float
    size: int
    limits: Sequence[Limit] = ()

    @property
    def met(self) -> bool | None:
        """Whether all ratios, as they are shown, keep the case's expectations; None where there is none."""
        return all(limit.met for limit in self.limits) if self.limits else None

    @property
    def verdict(self) -> str:
        return ", ".join(f"{limit}: {'met' if limit.met else 'NOT MET'}" for limit in self.limits)


def summarize(measured: Sequence[Measured]) -> list[Result]:
    return [result(each, measured) for each in measured]


def result(each: Measured, measured: Sequence[Measured]) -> Result:
    costs = [run.cpu for run in each.runs]
    ratio = compare(each, find(FLOOR, each, measured))
    limits = [] if each.case.at_most is None else [Limit(each.case.at_most, ratio)]
    limits += [
        Limit(most, compare(each, find(other, each, measured)), other.site.name) for other, most in each.case.limits
    ]
    rate = median(run.rate for run in each.runs)
    return Result(each.case, median(costs), min(costs), max(costs), ratio, rate, each.size, limits)


def compare(each: Measured, other: Measured) -> float:
    """Two runs of one round are seconds apart: their ratio hardly feels the machine's drift."""
    return median(run.cpu / bare.cpu for run, bare in zip(each.runs, other.runs, strict=True))


def find(case: Case, beside: Measured, measured: Sequence[Measured]) -> Measured:
    """The case as it was measured: without a database, or on that of `beside`."""
    on = replace(case, site=replace(case.site, database=beside.case.site.database))
    return next(each for each in measured if each.case in (case, on))
