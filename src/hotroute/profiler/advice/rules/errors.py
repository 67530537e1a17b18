"""Routes that fail."""

from collections.abc import Iterator

from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.words import count, name, percent
from hotroute.profiler.model.results import RouteSummary

FEWEST = 5
SHARE = 0.01
"""Of a route's requests."""


def rule(evidence: Evidence) -> Iterator[Advice]:
    for route in evidence.routes:
        if route.errors >= FEWEST and route.errors >= SHARE * route.requests:
            yield advice(route)


def advice(route: RouteSummary) -> Advice:
    share = route.errors / route.requests
    return Advice(
        kind="errors",
        severity="high",
        route=route.route,
        method=route.method,
        title=f"{name(route.route, route.method)} fails in {percent(share)} of its requests",
        text=f"{count(route.errors)} of {count(route.requests)} answers had a status of 500 or more.",
        do="Look at the failed requests that were kept, on the route's page, and for their tracebacks in the log.",
        gain=route.seconds * share,
        numbers={"errors": route.errors, "requests": route.requests, "error_share": share},
    )
