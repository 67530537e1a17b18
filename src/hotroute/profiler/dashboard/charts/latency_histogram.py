"""The histogram of a route's latency: neighbouring buckets put together until they are wide enough to be seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

Bucket = tuple[float, float, int]
BARS = 60

LEAST = 8.0
"""How many times the start the end of the axis is at least: a single bucket is no wall."""

CLOSE = 0.06
"""Of the picture's width: marks that are closer share their words."""


@dataclass(frozen=True)
class Bar:
    """From and to in seconds, how many; x, width and height in parts of the picture, 0 to 1."""

    start: float
    end: float
    requests: int
    x: float
    width: float
    height: float


@dataclass(frozen=True)
class Scale:
    """Seconds on a logarithmic axis from `start` to `end`."""

    start: float
    end: float

    def x(self, seconds: float) -> float:
        """0 to 1."""
        if self.end <= self.start:
            return 0.0
        return min(1.0, max(0.0, log(max(seconds, self.start) / self.start) / log(self.end / self.start)))

    def ticks(self) -> list[float]:
        """1, 2 and 5 of each power of ten on the axis; fewer of them where there are many."""
        every = (
            (1.0, 2.0, 5.0) if self.end < self.start * 100 else (1.0, 3.0) if self.end < self.start * 1e4 else (1.0,)
        )
        found = (digit * 10.0**power for power in range(-7, 6) for digit in every)
        return [tick for tick in found if self.start <= tick <= self.end]


@dataclass(frozen=True)
class Mark:
    """A line at x, 0 to 1, and what it is called."""

    x: float
    name: str


@dataclass(frozen=True)
class Histogram:
    scale: Scale
    bars: list[Bar]

    def marks(self, named: Mapping[str, float]) -> list[Mark]:
        """Of names and their seconds, from left to right."""
        found: list[Mark] = []
        for name, seconds in named.items():
            x = self.scale.x(seconds)
            if found and x - found[-1].x < CLOSE:
                last = found.pop()
                found.append(Mark(last.x, f"{last.name}, {name}"))
            else:
                found.append(Mark(x, name))
        return found


def draw(buckets: Sequence[Bucket]) -> Histogram | None:
    """None where there is nothing in them."""
    merged = merge(trim(buckets))
    if not merged:
        return None
    scale = wide(merged[0][0], merged[-1][1])
    highest = max(requests for _, _, requests in merged)
    bars = [
        Bar(start, end, requests, scale.x(start), scale.x(end) - scale.x(start), requests / highest)
        for start, end, requests in merged
    ]
    return Histogram(scale, bars)


def wide(start: float, end: float) -> Scale:
    missing = max(1.0, LEAST / (end / start)) ** 0.5
    return Scale(start / missing, end * missing)


def trim(buckets: Sequence[Bucket]) -> list[Bucket]:
    filled = [i for i, (_, _, requests) in enumerate(buckets) if requests]
    kept = list(buckets[filled[0] : filled[-1] + 1]) if filled else []
    # A logarithm has no nothing to begin at.
    return [(max(start, 1e-7), end, requests) for start, end, requests in kept]


def merge(buckets: Sequence[Bucket]) -> list[Bucket]:
    group = -(-len(buckets) // BARS) if buckets else 1
    groups = (buckets[i : i + group] for i in range(0, len(buckets), group))
    return [(each[0][0], each[-1][1], sum(requests for _, _, requests in each)) for each in groups]
