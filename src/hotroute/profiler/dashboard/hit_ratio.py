"""How many of the requests that asked a cache were answered by it, and by which level."""

from collections.abc import Mapping
from dataclasses import dataclass

ANSWERED = ("memory hit", "redis hit", "collapsed")
"""Outcomes for which no view ran: from this process, from Redis, or from the answer that another request waited for."""

ASKED = (*ANSWERED, "miss")
"""A bypass did not ask."""


@dataclass(frozen=True)
class Level:
    """An outcome; start and share of the bar, 0 to 1."""

    outcome: str
    requests: int
    start: float
    share: float


@dataclass(frozen=True)
class Hits:
    """Attributes:
    asked: requests.
    ratio: of them that were answered, 0 to 1; None where none asked.
    """

    asked: int
    ratio: float | None
    levels: tuple[Level, ...]


def hits(cache: Mapping[str, int]) -> Hits:
    """Of a `RouteSummary.cache`."""
    asked = sum(cache.get(outcome, 0) for outcome in ASKED)
    levels, start = [], 0.0
    for outcome in ASKED:
        if requests := cache.get(outcome, 0):
            levels.append(Level(outcome, requests, start, requests / asked))
            start += requests / asked
    answered = sum(cache.get(outcome, 0) for outcome in ANSWERED)
    return Hits(asked, answered / asked if asked else None, tuple(levels))
