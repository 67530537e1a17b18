"""Routes whose slowest requests are nothing like the usual ones."""

from collections.abc import Iterator

from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.words import count, duration, name
from hotroute.profiler.model.results import RouteSummary

REQUESTS = 1_000
"""A hundredth of them are ten: fewer make no percentile."""
TIMES = 10.0
SLOW = 0.1
"""Seconds: below, nobody notices."""


def rule(evidence: Evidence) -> Iterator[Advice]:
    for route in evidence.routes:
        latency = route.latency
        if route.requests >= REQUESTS and latency.p99 >= SLOW and latency.p99 >= TIMES * latency.p50 > 0:
            yield advice(route)


def advice(route: RouteSummary) -> Advice:
    latency = route.latency
    return Advice(
        kind="tail",
        severity="medium",
        route=route.route,
        method=route.method,
        title=f"{name(route.route, route.method)}: the slowest hundredth takes"
        f" {count(latency.p99 / latency.p50)} times as long as usual",
        text=f"Half of its {count(route.requests)} requests take {duration(latency.p50)} or less, but p99 is"
        f" {duration(latency.p99)} and p99.9 {duration(latency.p999)}. The usual causes are a lock, a connection that"
        " has to be waited for, a cache that has just been emptied, or another service.",
        do="Look at the slowest requests on the route's page, with their statements and stacks.",
        gain=route.requests * 0.01 * (latency.p99 - latency.p50),
        numbers={
            "p50_seconds": latency.p50,
            "p99_seconds": latency.p99,
            "p999_seconds": latency.p999,
            "requests": route.requests,
        },
    )
