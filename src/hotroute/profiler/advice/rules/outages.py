"""Times at which the cache's Redis was not there."""

from collections.abc import Iterator

from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.item import Advice
from hotroute.profiler.advice.words import many


def rule(evidence: Evidence) -> Iterator[Advice]:
    if opened := evidence.cache.counters.get("breaker opened", 0):
        yield advice(opened)


def advice(opened: int) -> Advice:
    return Advice(
        kind="outages",
        severity="medium",
        title=f"Redis could not be asked {many(opened, 'time')}",
        text=f"{many(opened, 'time')} a worker gave it up for a moment, and hot routes were answered by their views.",
        do="Look at Redis and at the way to it. On a busy machine its answer may only be late: raise REDIS_TIMEOUT.",
        numbers={"breaker_opened": opened},
    )
