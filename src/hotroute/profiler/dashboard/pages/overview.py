"""The first page: all routes, ranked."""

from collections.abc import Sequence
from dataclasses import dataclass

from hotroute.profiler.dashboard import overview_totals, route_table
from hotroute.profiler.dashboard.blueprint import blueprint, dashboard, history, show
from hotroute.profiler.dashboard.hit_ratio import Hits, hits
from hotroute.profiler.dashboard.query_args import PageQuery, read, value
from hotroute.profiler.model.results import RouteSummary, WorkersHistory

STEPS = 48
LONG = 2 * 3600.0
"""Seconds."""

MOST = 50
"""Rows of the first picture; the others come when one has come to the last of these, or asks for all."""


@dataclass(frozen=True)
class Row:
    """A route; its `share` of the time of all, and the `hits` of its cache."""

    route: RouteSummary
    share: float
    hits: Hits


@blueprint.get("/")
def overview() -> str:
    asked = read()
    routes, everything = summed(asked)
    by = route_table.order(value("sort"), value("order"))
    chosen = route_table.arrange(routes, by, value("q"))
    return show(
        "overview",
        asked,
        order=by,
        columns=route_table.COLUMNS,
        rows=rows(chosen[: None if value("all") else MOST], sum(each.seconds for each in routes)),
        found=len(chosen),
        known=len(routes),
        everything=everything,
        trend=everything.sparkline,
        hits=hits(everything.cache),
        threads=threads(history().workers(asked.span, steps=STEPS)),
        q=value("q"),
    )


def summed(asked: PageQuery) -> overview_totals.Overview:
    """Of a long span what was read a moment ago will do."""

    def find() -> overview_totals.Overview:
        return overview_totals.overview(history(), asked.span, STEPS)

    return find() if asked.span.seconds <= LONG else dashboard().overviews.get(tuple(asked.kept.items()), find)


def rows(routes: Sequence[RouteSummary], seconds: float) -> list[Row]:
    return [Row(each, each.seconds / seconds if seconds else 0.0, hits(each.cache)) for each in routes]


@dataclass(frozen=True)
class Threads:
    """Of the workers that live: how many, how many of them are busy now, and the mean share over the span."""

    workers: int
    number: int
    busy: int
    share: float


def threads(found: WorkersHistory) -> Threads:
    alive = [each for each in found.workers if each.alive]
    number = sum(each.threads for each in alive)
    share = sum(each.busy * each.threads for each in alive) / number if number else 0.0
    return Threads(len(alive), number, sum(each.in_flight for each in alive), share)
