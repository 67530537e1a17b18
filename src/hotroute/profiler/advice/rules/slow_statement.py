"""One statement that takes most of a route's time."""

from collections.abc import Iterator

from hotroute.profiler.advice.evidence import SAMPLES, SHARE, Evidence
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.rules.n_plus_one import frequency, repeated
from hotroute.profiler.advice.words import count, duration, name, percent, shortened
from hotroute.profiler.model.results import RouteHistory, StatementSummary, TimeBreakdown

MOST = 0.5
"""Of the request's time."""
WORTHWHILE = 0.002
"""Seconds: a statement below is as fast as a database answers."""

WAITING = {
    "BEGIN": "It waits for another writer: SQLite has one at a time. Keep transactions short, or use PostgreSQL.",
    "COMMIT": "It waits for the disk, or for what it locks. Write less often, or more at once; use a faster disk.",
}
"""By what a transaction begins and ends with: no index helps these."""
EXPLAIN = "Let EXPLAIN tell whether an index is missing, or whether it reads more than is shown."


def rule(evidence: Evidence) -> Iterator[Advice]:
    for detail in evidence.details:
        split = detail.summary.split
        if split is None or split.samples < SAMPLES or evidence.share(detail.summary) < SHARE:
            continue
        for statement in detail.statements:
            if dominates(statement, split):
                yield advice(detail, statement, split)


def dominates(statement: StatementSummary, split: TimeBreakdown) -> bool:
    if statement.requests < SAMPLES or repeated(statement):
        return False
    seconds = statement.seconds / statement.requests
    return seconds >= WORTHWHILE and seconds >= MOST * split.wall


def advice(detail: RouteHistory, statement: StatementSummary, split: TimeBreakdown) -> Advice:
    route = detail.summary
    seconds = statement.seconds / statement.requests
    share = min(1.0, seconds / split.wall)
    return Advice(
        kind="statement",
        severity="medium",
        route=route.route,
        method=route.method,
        title=f"{name(route.route, route.method)}: {called(statement)} is {percent(share)} of its time",
        text=f"It takes {duration(seconds)} of {duration(split.wall)}, in {count(statement.requests)} requests that"
        f" were looked at: {shortened(statement.text)} (at {statement.place or 'an unknown place'}).",
        do=next((do for word, do in WAITING.items() if statement.text.startswith(word)), EXPLAIN),
        gain=seconds * route.requests * frequency(detail, statement),
        numbers={
            "request_seconds": seconds,
            "wall_seconds": split.wall,
            "share": share,
            "place": statement.place,
            "statement": shortened(statement.text, 500),
            "fingerprint": statement.fingerprint,
            "sampled_requests": statement.requests,
        },
    )


def called(statement: StatementSummary) -> str:
    return next((word for word in WAITING if statement.text.startswith(word)), "one statement")
