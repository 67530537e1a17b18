"""Latencies in geometric buckets, so that those of many workers can be added up and their quantiles still be right."""

import sys
from array import array
from collections.abc import Iterable, Sequence
from math import ceil, log2

SHORTEST = 1e-6
PER_DOUBLING = 20
"""Buckets grow by 2 ** (1 / 20), 3.5 %: the middle of one is within 1.75 % of everything in it."""

MOST = 32 * PER_DOUBLING
"""The last bucket begins above an hour; bucket 0 is for what took less than a microsecond."""

MIDDLES = (SHORTEST / 2, *(SHORTEST * 2 ** ((index - 0.5) / PER_DOUBLING) for index in range(1, MOST + 1)))
EDGES = (0.0, *(SHORTEST * 2 ** (index / PER_DOUBLING) for index in range(MOST + 1)))
"""`EDGES[i]` to `EDGES[i + 1]` is bucket i, in seconds."""

LONGEST = EDGES[MOST]
SCALE, OFFSET = float(PER_DOUBLING), 1 - log2(SHORTEST) * PER_DOUBLING


class Histogram:
    """How many took how long, from a microsecond to an hour; what is outside is counted at the end it is beyond.

    Attributes:
        counts: by the number of the bucket; empty buckets are not in it.
    """

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[int, int] = {}

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    def add(self, seconds: float, n: int = 1) -> None:
        index = bucket(seconds)
        self.counts[index] = self.counts.get(index, 0) + n

    def add_all(self, seconds: Iterable[float]) -> None:
        counts = self.counts
        for index in map(bucket, seconds):
            counts[index] = counts.get(index, 0) + 1

    def merge(self, other: "Histogram") -> None:
        counts = self.counts
        for index, n in other.counts.items():
            counts[index] = counts.get(index, 0) + n

    def copy(self) -> "Histogram":
        same = Histogram()
        same.counts = self.counts.copy()
        return same

    def quantile(self, q: float) -> float:
        """Seconds that the share `q`, 0 to 1, took at most (nearest rank); 0.0 where nothing was counted."""
        return self.quantiles((q,))[0]

    def quantiles(self, shares: Sequence[float]) -> tuple[float, ...]:
        """Likewise of several shares, in ascending order."""
        total = self.count
        if not total:
            return (0.0,) * len(shares)
        ranks = [max(1, ceil(share * total - 1e-9)) for share in shares]
        found: list[float] = []
        below = 0
        for index, n in sorted(self.counts.items()):
            below += n
            while len(found) < len(ranks) and ranks[len(found)] <= below:
                found.append(MIDDLES[index])
        return tuple(found)

    def below(self, bounds: Sequence[float]) -> tuple[int, ...]:
        """For each bound in seconds how many took less, as exact as the buckets are."""
        items = self.counts.items()
        return tuple(sum(n for index, n in items if MIDDLES[index] <= bound) for bound in bounds)

    def buckets(self) -> list[tuple[float, float, int]]:
        """(from, to, count) in seconds, ascending, of the first to the last that is not empty."""
        if not self.counts:
            return []
        first, last = min(self.counts), max(self.counts)
        return [(EDGES[index], EDGES[index + 1], self.counts.get(index, 0)) for index in range(first, last + 1)]

    def dump(self) -> bytes:
        """Six bytes for each bucket that is not empty: their numbers (16 bits), then their counts (32 or 64 bits)."""
        if not self.counts:
            return b""
        indices, counts = zip(*sorted(self.counts.items()), strict=True)
        kind = "I" if max(counts) < 1 << 32 else "Q"
        return kind.encode() + little_endian(array("H", indices)) + little_endian(array(kind, counts))

    @classmethod
    def load(cls, *dumps: bytes) -> "Histogram":
        """The sum of what `dump` gave."""
        sums = [0] * (MOST + 1)
        for dump in dumps:
            if dump:
                for index, n in zip(*parsed(dump), strict=True):
                    sums[index] += n
        total = cls()
        total.counts = {index: n for index, n in enumerate(sums) if n}
        return total


def bucket(seconds: float) -> int:
    if seconds < SHORTEST:
        return 0
    if seconds > LONGEST:
        return MOST
    return int(log2(seconds) * SCALE + OFFSET)


def parsed(dump: bytes) -> tuple["array[int]", "array[int]"]:
    kind = "I" if dump[0] == b"I"[0] else "Q"
    counts = array(kind)
    end = 1 + 2 * ((len(dump) - 1) // (2 + counts.itemsize))
    indices = array("H", dump[1:end])
    counts.frombytes(dump[end:])
    if sys.byteorder == "big":
        indices.byteswap()
        counts.byteswap()
    return indices, counts


def little_endian(numbers: "array[int]") -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
