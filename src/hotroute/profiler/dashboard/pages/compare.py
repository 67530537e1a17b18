"""Two releases, or two spans of time, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hotroute.profiler.dashboard.blueprint import blueprint, history, show
from hotroute.profiler.dashboard.query_args import PageQuery, between, read, value
from hotroute.profiler.model.results import Change, Release, RouteSummary, TimeRange

AGAINST = {
    "previous": "the time just before",
    "day": "the same time a day before",
    "week": "the same time a week before",
}
SECONDS = {"day": 86400.0, "week": 7 * 86400.0}

NOISE = 0.05
"""Quantiles are right within 2 % each: what differs less than this is not a difference."""

FEW = 30
"""Requests on either side, below which a p95 is chance."""


@dataclass(frozen=True)
class Pair:
    """What is compared; `names` are for a person."""

    before: TimeRange
    after: TimeRange
    names: tuple[str, str]


@dataclass(frozen=True)
class Verdict:
    """What became of a route.

    Attributes:
        word: "slower", "faster", "same", "new", "gone" or "few".
        weight: seconds that it costs or saves in the later span, by its means; for the order.
    """

    change: Change
    word: str
    weight: float


@blueprint.get("/compare")
def compare() -> str:
    asked = read()
    known = history().releases()
    pair, complaint = choose(asked, known)
    changes = history().compare(pair.before, pair.after) if pair else []
    # The numbers are of these spans, and so are rates.
    pair = pair and replace(pair, before=history().read(pair.before), after=history().read(pair.after))
    verdicts = sorted(map(judge, changes), key=lambda each: -abs(each.weight))
    return show(
        "compare", asked, pair=pair, complaint=complaint, verdicts=verdicts, known=known, against=AGAINST, value=value
    )


def choose(asked: PageQuery, known: Sequence[Release]) -> tuple[Pair | None, str]:
    """The two spans that the query names, or what is wrong with it."""
    if value("before") or value("after"):
        return releases(known)
    if value("before_from"):
        try:
            before = between(value("before_from"), value("before_to"), asked.span.release)
        except ValueError as wrong:
            return None, str(wrong)
        return Pair(before, asked.span, ("before", "after")), ""
    against = value("against") if value("against") in AGAINST else "previous"
    back = SECONDS.get(against, asked.span.seconds)
    earlier = replace(asked.span, start=asked.span.start - back, end=asked.span.end - back)
    return Pair(earlier, asked.span, ("before", "after")), ""


def releases(known: Sequence[Release]) -> tuple[Pair | None, str]:
    by_name = {release.name: release for release in known}
    names = value("before"), value("after")
    missing = [name or "(none)" for name in names if name not in by_name]
    if missing:
        return None, f"No request of the release {missing[0]} is in the storage."
    before, after = (TimeRange(by_name[name].first, by_name[name].last + 1, name) for name in names)
    return Pair(before, after, names), ""


def judge(change: Change) -> Verdict:
    before, after = change.before, change.after
    if before is None or after is None:
        only = before or after
        return Verdict(change, "new" if after else "gone", only.seconds if only else 0.0)
    weight = (mean(after) - mean(before)) * after.requests
    return Verdict(change, word(before, after), weight)


def word(before: RouteSummary, after: RouteSummary) -> str:
    if min(before.requests, after.requests) < FEW:
        return "few"
    ratio = after.latency.p95 / before.latency.p95 if before.latency.p95 else 1.0
    return "slower" if ratio > 1 + NOISE else "faster" if ratio < 1 / (1 + NOISE) else "same"


def mean(summary: RouteSummary) -> float:
    return summary.seconds / summary.requests if summary.requests else 0.0
