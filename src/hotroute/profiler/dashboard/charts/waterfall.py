"""A request's events, one below the other, each where its time was."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hotroute.profiler.model.records import Event, Sample

SUSPICIOUS = 5
"""Executions of one statement within one request from which on they are suspected of being one (N+1)."""


@dataclass(frozen=True)
class Bar:
    """When an event was: x and width in parts of the request, 0 to 1."""

    x: float
    width: float


@dataclass(frozen=True)
class Line:
    """An event, or all executions of a statement that is suspected: the first of them, and a bar for each."""

    event: Event
    seconds: float
    bars: tuple[Bar, ...]


def lines(sample: Sample) -> list[Line]:
    whole = max([sample.request.seconds, *(event.began + event.seconds for event in sample.events)]) or 1.0
    times = Counter(event.fingerprint for event in sample.events)
    groups: dict[object, list[Event]] = {}
    for number, event in enumerate(sample.events):
        together = event.fingerprint and times[event.fingerprint] >= SUSPICIOUS
        groups.setdefault(event.fingerprint if together else number, []).append(event)
    return [
        Line(
            replace(each[0], place=next((event.place for event in each if event.place), "")),
            sum(event.seconds for event in each),
            tuple(Bar(event.began / whole, event.seconds / whole) for event in each),
        )
        for each in groups.values()
    ]


def repeated(lines: Sequence[Line]) -> list[Line]:
    """Those that are suspected of being one query."""
    return [line for line in lines if len(line.bars) >= SUSPICIOUS]
