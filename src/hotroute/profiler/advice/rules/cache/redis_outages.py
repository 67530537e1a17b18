"""Times at which the cache's Redis was not there."""

from collections.abc import Iterator

from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.words import many


def rule(evidence: Evidence) -> Iterator[Advice]:
    if opened := evidence.cache.counters.get("breaker opened", 0):
        yield advice(opened, sum(route.cache.get("bypass", 0) for route in evidence.routes))


def advice(opened: int, bypassed: int) -> Advice:
    return Advice(
        kind="outages",
        severity="medium" if bypassed else "low",
        title=f"Redis was late or away {many(opened, 'time')}",
        text=f"{many(opened, 'time')} a worker that asked it gave it up for a moment. {passed(bypassed)}",
        do="Look at Redis and at the way to it. On a busy machine its answer may only be late: raise REDIS_TIMEOUT.",
        numbers={"breaker_opened": opened, "bypassed": bypassed},
    )


def passed(bypassed: int) -> str:
    if not bypassed:
        return "No request of a hot route came in such a moment."
    return f"Then views answer hot routes: {many(bypassed, 'request')} went past the cache, for this or another reason."
