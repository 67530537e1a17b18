"""Where a request's time went, as parts that add up."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A part of a bar.

    Attributes:
        kind: "sql", "cache", "http", "cpu" or "waiting"; a class of the style sheet too.
        seconds: of one request, or their mean.
        start, share: of the whole bar, 0 to 1.
    """

    kind: str
    name: str
    seconds: float
    start: float
    share: float


NAMES = {"cpu": "CPU", "sql": "SQL", "cache": "Cache", "http": "Outgoing calls", "waiting": "Other waiting"}


def parts(wall: float, cpu: float, sql: float, cache: float, outgoing: float) -> list[Part]:
    """The seconds of `wall`, from left to right.

    What was measured around a statement or a call is its own, whether the thread waited or computed in it, as with
    SQLite; of the rest, CPU time is what the thread computed, and waiting what is left.
    """
    calls = sql + cache + outgoing
    computing = min(cpu, max(0.0, wall - calls))
    waiting = max(0.0, wall - calls - computing)
    amounts = {"cpu": computing, "sql": sql, "cache": cache, "http": outgoing, "waiting": waiting}
    # Calls that ran side by side, in threads of their own, may add up to more than the request.
    whole = sum(amounts.values())
    found, start = [], 0.0
    for kind, seconds in amounts.items():
        share = seconds / whole if whole else 0.0
        found.append(Part(kind, NAMES[kind], seconds, start, share))
        start += share
    return found
