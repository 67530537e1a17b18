"""The run as one HTML file that needs nothing else: no script, no font, no address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hotroute.profiler.advice import Advice, words
from hotroute.profiler.dashboard import units
from hotroute.profiler.dashboard.charts import flame_graph, time_breakdown
from hotroute.profiler.model.results import RouteHistory, RouteSummary, StatementSummary
from profiling.load.numbers import Baseline, Numbers, of
from profiling.load.running import Done
from profiling.load.spy import Stacks

TEMPLATE = "report.html.j2"
STATEMENTS = 3
"""Of each route, those with the most time."""


ENOUGH = {"p50": 50, "p95": 200, "p99": 1000, "cpu": 100, "sql": 100}
"""Requests in both runs, from which a difference is worth being told: ten of them are beyond the percentile."""

ALIKE = ("load", "data", "Gunicorn", "CPU")
"""Facts that have to be the same for two runs to be compared."""


class Cell(NamedTuple):
    """A number of the table, how it changed, and whether that is for the worse."""

    text: str
    change: str
    worse: bool


@dataclass(frozen=True)
class Line:
    """A route's line of the table, `before` being the baseline's."""

    name: str
    numbers: Numbers
    before: Numbers | None
    share: float
    parts: Sequence[time_breakdown.Part]
    statements: Sequence[StatementSummary]

    def cell(self, name: str) -> Cell:
        """Seconds, and what they are beside the baseline's where both are of requests enough for that."""
        now, before = getattr(self.numbers, name), getattr(self.before, name, None)
        known = min(self.numbers.requests, self.before.requests) if self.before else 0
        told = change(before, now) if known >= ENOUGH[name] else ""
        return Cell(units.duration(now), told, bool(told) and now > before)


@dataclass(frozen=True)
class Run:
    """Everything that a report tells."""

    done: Done
    routes: Sequence[RouteHistory]
    advice: Sequence[Advice]
    stacks: Stacks
    facts: Mapping[str, str]
    baseline: Baseline | None

    @property
    def otherwise(self) -> dict[str, tuple[str, str]]:
        """How the baseline was run where this was run otherwise: then a difference says nothing of the code."""
        known = self.baseline.facts if self.baseline else self.facts
        pairs = {name: (known.get(name, "unknown"), self.facts.get(name, "unknown")) for name in ALIKE}
        return {name: (before, now) for name, (before, now) in pairs.items() if before != now}


def lines(run: Run) -> list[Line]:
    """The route with the most time first."""
    seconds = sum(route.summary.seconds for route in run.routes) or 1.0
    ranked = sorted(run.routes, key=lambda route: -route.summary.seconds)
    baseline = None if run.otherwise else run.baseline
    return [line(route, route.summary.seconds / seconds, baseline) for route in ranked if route.summary.requests]


def line(route: RouteHistory, share: float, baseline: Baseline | None) -> Line:
    name = named(route.summary)
    statements = sorted(route.statements, key=lambda each: -each.seconds)[:STATEMENTS]
    before = baseline.routes.get(name) if baseline else None
    return Line(name, of(route.summary), before, share, parts(route.summary), statements)


def named(route: RouteSummary) -> str:
    return f"{route.method} {route.route}"


def parts(route: RouteSummary) -> Sequence[time_breakdown.Part]:
    known = route.split
    return time_breakdown.parts(known.wall, known.cpu, known.sql, known.cache, known.outgoing) if known else []


def baseline_of(run: Run) -> Baseline:
    return Baseline(run.facts, run.done.rate, {each.name: each.numbers for each in lines(run)})


def html(run: Run) -> str:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["number"] = words.number
    known: dict[str, Any] = {"units": units, "shade": flame_graph.shade, "kinds": time_breakdown.NAMES}
    picture = flame_graph.draw(run.stacks.folded)
    return environment.get_template(TEMPLATE).render(run=run, lines=lines(run), flame=picture, **known)


def change(before: float | None, after: float | None) -> str:
    """The ratio to the baseline where it is more than noise; "" where there is nothing to say."""
    if not before or not after or 0.9 < after / before < 1.1:
        return ""
    return units.change(before, after)
