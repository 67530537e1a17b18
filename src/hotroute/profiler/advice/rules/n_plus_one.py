"""Statements that are executed again and again within one request, and could be one (N+1)."""

from collections.abc import Iterator

from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.words import count, duration, name, shortened
from hotroute.profiler.model.results import RouteHistory, StatementSummary

FEWEST = 5
"""Executions within one request."""
TYPICAL = 3.0
"""Executions in a request, a mean: what repeats in one odd request only is no pattern."""
SAMPLES = 5
"""Requests that executed it."""


def rule(evidence: Evidence) -> Iterator[Advice]:
    for detail in evidence.details:
        for statement in detail.statements:
            if repeated(statement):
                yield advice(detail, statement)


def repeated(statement: StatementSummary) -> bool:
    often = statement.executions >= TYPICAL * statement.requests
    return statement.requests >= SAMPLES and statement.most >= FEWEST and often


def advice(detail: RouteHistory, statement: StatementSummary) -> Advice:
    route = detail.summary
    each = statement.executions / statement.requests
    seconds = statement.seconds / statement.requests
    saved = seconds * (1 - 1 / each)
    return Advice(
        kind="repeats",
        severity="high" if route.split and saved >= 0.2 * route.split.wall else "medium",
        route=route.route,
        method=route.method,
        title=f"{name(route.route, route.method)}: these {count(each)} statements are one query",
        text=f"A request executes it {count(each)} times (at most {statement.most}), which takes {duration(seconds)}"
        f" together: {shortened(statement.text)} (at {statement.place or 'an unknown place'}). Without"
        f" the others a request would be up to {duration(saved)} faster.",
        do="Ask once for all rows: a join, selectinload(), or IN.",
        gain=saved * route.requests * frequency(detail, statement),
        numbers={
            "executions_per_request": each,
            "most": statement.most,
            "request_seconds": seconds,
            "place": statement.place,
            "statement": shortened(statement.text, 500),
            "fingerprint": statement.fingerprint,
            "sampled_requests": statement.requests,
        },
    )


def frequency(detail: RouteHistory, statement: StatementSummary) -> float:
    """The share of the route's requests that execute it; slow ones are kept beyond the sampled ones, hence the cap."""
    split = detail.summary.split
    return min(1.0, statement.requests / split.samples) if split and split.samples else 1.0
