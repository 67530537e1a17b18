"""Hot routes that the cache does not help."""

from collections.abc import Iterator
from typing import NamedTuple

from hotroute.profiler.advice.evidence import REQUESTS, Evidence
from hotroute.profiler.advice.peak import mean
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.rules import writes
from hotroute.profiler.advice.words import count, duration, many, name, percent
from hotroute.profiler.model.results import RouteSummary

RATIO = 0.3
"""Hits among what was asked of the cache: below, a miss with its storing costs more than the hits save."""
WRITTEN = 0.5
"""Writes or invalidations for each miss: from here on they are what empties it."""

OBSERVED = 1800.0
"""Seconds for which a route must have been in use: a load or an import writes as nobody does all day."""

UNMARK = (
    "Unmark it: without @hot a request saves what asking and storing cost. Or narrow what it depends on, if it need not"
    " change with every write."
)
LOOK = (
    "`hotroute explain URL` says whether an answer is stored at all. Then look at the cache's memory and evictions, and"
    " at what the key is made of (query=, share=); or unmark it."
)


class CacheOutcomes(NamedTuple):
    """What became of a hot route's requests."""

    hits: int
    misses: int
    bypassed: int

    @property
    def ratio(self) -> float:
        return self.hits / max(1, self.hits + self.misses)


def rule(evidence: Evidence) -> Iterator[Advice]:
    for route in evidence.routes:
        asked = outcomes(route)
        if asked.hits + asked.misses >= REQUESTS and asked.ratio < RATIO:
            yield missed(evidence, route, asked)
        elif asked.bypassed >= REQUESTS and asked.bypassed > asked.hits + asked.misses:
            yield bypassed(route, asked)


def outcomes(route: RouteSummary) -> CacheOutcomes:
    hits = sum(number for outcome, number in route.cache.items() if outcome.endswith("hit") or outcome == "collapsed")
    return CacheOutcomes(hits, route.cache.get("miss", 0), route.cache.get("bypass", 0))


def missed(evidence: Evidence, route: RouteSummary, asked: CacheOutcomes) -> Advice:
    nearby = writes.writes(evidence.routes, writes.static_prefix(route.route))
    invalidations = evidence.cache.counters.get("invalidations", 0)
    written = max(nearby, invalidations) >= WRITTEN * asked.misses
    if written and evidence.observed(route) < OBSERVED:
        return unproven(evidence, route, asked)
    why = (
        "It is written about as often as it is missed, though which of its URLs a write changed is not known here"
        if written
        else "Every URL and caller has an entry of its own, and most are asked for once, or gone before the second time"
    )
    return Advice(
        kind="unmark" if written else "misses",
        severity="medium",
        route=route.route,
        method=route.method,
        title=f"{name(route.route, route.method)} is hot, and {percent(1 - asked.ratio)} of it are misses"
        + (remedy(route) if written else ""),
        text=f"{many(asked.hits, 'hit')} and {many(asked.misses, 'miss').replace('misss', 'misses')}, a request takes"
        f" {duration(mean(route))}. {why}: {many(nearby, 'write')} on routes that begin like it,"
        f" {many(invalidations, 'invalidation')} in all.",
        do=UNMARK if written else LOOK,
        numbers={
            "hits": asked.hits,
            "misses": asked.misses,
            "hit_ratio": asked.ratio,
            "related_writes": nearby,
            "invalidations": invalidations,
            "mean_seconds": mean(route),
        },
    )


def unproven(evidence: Evidence, route: RouteSummary, asked: CacheOutcomes) -> Advice:
    return Advice(
        kind="misses",
        severity="low",
        route=route.route,
        method=route.method,
        title=f"{name(route.route, route.method)} is hot, and was written about as often as it was missed",
        text=f"{percent(1 - asked.ratio)} of {many(asked.hits + asked.misses, 'request')} were misses, over"
        f" {duration(evidence.observed(route))} at most. A load or an import writes more than everyday use does.",
        do=f"Leave it marked, and judge it by {duration(OBSERVED)} or more of everyday use.",
        numbers={
            "hits": asked.hits,
            "misses": asked.misses,
            "hit_ratio": asked.ratio,
            "observed_seconds": evidence.observed(route),
        },
    )


def bypassed(route: RouteSummary, asked: CacheOutcomes) -> Advice:
    total = asked.hits + asked.misses + asked.bypassed
    return Advice(
        kind="bypassed",
        severity="low",
        route=route.route,
        method=route.method,
        title=f"{name(route.route, route.method)} is hot, and {percent(asked.bypassed / total)} goes past the cache",
        text=f"{count(asked.bypassed)} of {count(total)} requests were not even looked up. The usual causes are a query"
        " parameter or a caller that the mark does not name, or a header that asks for it.",
        do="Ask `hotroute explain URL` about one of them.",
        numbers={"bypassed": asked.bypassed, "hits": asked.hits, "misses": asked.misses},
    )


def remedy(route: RouteSummary) -> str:
    """Of a route with one URL it is certain that writes changed it."""
    return ": unmark it" if "<" not in route.route else ": unmark it, or let it depend on less"
