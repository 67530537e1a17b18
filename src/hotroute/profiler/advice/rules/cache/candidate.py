"""Routes that are read again and again and hardly ever written: to be answered from the cache."""

from collections.abc import Iterator

from hotroute.profiler.advice.evidence import REQUESTS, Evidence
from hotroute.profiler.advice.peak import mean
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.rules import writes
from hotroute.profiler.advice.words import count, duration, many, name
from hotroute.profiler.model.records import NO_ROUTE, OTHER_ROUTES
from hotroute.profiler.model.results import RouteSummary

READS = 20.0
"""For each write on related routes."""
ANY = 2.0
"""For each write of the application, whatever it wrote: somebody may change a route's rows from an unrelated one."""
SHARE = 0.02
"""Of all request time."""
NEVER = (NO_ROUTE, OTHER_ROUTES, "/healthz", "/readyz")
"""Who asks for health wants to know how it is now."""
WORTHWHILE = 0.0005
"""Seconds: a request below costs little more than a hit."""


def rule(evidence: Evidence) -> Iterator[Advice]:
    everywhere = writes.writes(evidence.routes)
    for route in evidence.routes:
        if candidate(evidence, route):
            nearby = writes.writes(evidence.routes, writes.static_prefix(route.route))
            if writes.done(route) >= max(READS * nearby, ANY * everywhere):
                yield advice(evidence, route, nearby, everywhere)


def candidate(evidence: Evidence, route: RouteSummary) -> bool:
    readable = route.method == "GET" and route.route not in NEVER and not route.cache and not is_file(route)
    enough = writes.done(route) >= REQUESTS and mean(route) >= WORTHWHILE
    return readable and enough and evidence.share(route) >= SHARE


def is_file(route: RouteSummary) -> bool:
    """Flask's own route for static files; the proxy serves these (docs/proxy.md)."""
    return route.route.endswith("<path:filename>")


def advice(evidence: Evidence, route: RouteSummary, nearby: int, everywhere: int) -> Advice:
    reads = writes.done(route)
    return Advice(
        kind="hot",
        severity="medium",
        route=route.route,
        method=route.method,
        title=f"{name(route.route, route.method)} is read {often(reads, nearby)}: mark it @hot",
        text=f"{count(reads)} reads of {duration(mean(route))} each, none from the cache, and {many(nearby, 'write')}"
        f" on routes that begin like it, {everywhere:,} in the whole application. Writes are requests with"
        " an unsafe method that succeeded: what other programs write, and which rows a request changed, is not known"
        f" here.{parameters(route)}",
        do='Mark it @hot, with share="per-caller" if it depends on who asks: the cache answers until its rows change. '
        "If it"
        " is marked already, is CACHE_ENABLED false?",
        gain=route.seconds * (1 - 1 / max(2.0, reads / max(1, nearby))),
        numbers={
            "reads": reads,
            "related_writes": nearby,
            "all_writes": everywhere,
            "reads_per_write": reads / max(1, nearby),
            "mean_seconds": mean(route),
            "share_of_all_time": evidence.share(route),
        },
    )


def often(reads: int, writes: int) -> str:
    return f"{count(reads / writes)} times per write" if writes else f"{count(reads)} times and never written"


def parameters(route: RouteSummary) -> str:
    if "<" not in route.route:
        return ""
    return " Each URL of it is an entry of its own, and how often the same one is asked for is not known here either."
