"""Time in buckets: fine ones for what is recent, coarse ones for what is old."""

from collections.abc import Collection, Iterator
from typing import NamedTuple

MINUTE, HOUR, DAY = 60, 3600, 86400
FINEST = 10
"""Seconds of the buckets that workers write; in coarser ones the workers are merged."""

KEPT = {
    FINEST: 30 * MINUTE,
    MINUTE: 4 * HOUR,
    5 * MINUTE: 26 * HOUR,
    30 * MINUTE: 5 * DAY,
    2 * HOUR: 15 * DAY,
    12 * HOUR: 100 * DAY,
    4 * DAY: 800 * DAY,
}
"""For how many seconds the buckets of each resolution are kept; each resolution divides the next."""

RESOLUTIONS = tuple(KEPT)
MOST = 150
"""Buckets of a span. Fewer would be read faster, but its edges are those of buckets: further from what was asked."""

LATEST = 10 * MINUTE
"""Seconds after which a request that was not written yet is counted as of now: its bucket may be merged already."""


class Range(NamedTuple):
    """The buckets of one resolution from `start` to `end`, Unix seconds, the end not included."""

    resolution: int
    start: int
    end: int


def floor(time: float, resolution: int) -> int:
    return int(time // resolution) * resolution


def ceiling(time: float, resolution: int) -> int:
    return -floor(-time, resolution)


def finer(resolution: int) -> int:
    return RESOLUTIONS[RESOLUTIONS.index(resolution) - 1]


def edges(start: float, end: float, now: float) -> Range:
    """The buckets that answer for a span, however many steps of it are shown.

    The start and an end in the past are moved down, so that spans that meet do not overlap; an end that is now, up.
    """
    each = resolution(start, end, now)
    first = floor(start, each)
    last = ceiling(now, each) if end > now - FINEST else floor(end, each)
    return Range(each, first, max(last, first + each))


def resolution(start: float, end: float, now: float) -> int:
    """The finest that is still kept from `start` on, and of which a span has not more than `MOST` buckets."""
    there = [each for each, kept in KEPT.items() if now - start <= kept and (end - start) / each <= MOST]
    return there[0] if there else RESOLUTIONS[-1]


def cover(each: int, start: int, end: int, stale: Collection[tuple[int, int]]) -> Iterator[Range]:
    """Ranges that together are `start` to `end`, both at buckets' edges, without those that are stale.

    Args:
        stale: (resolution, bucket) of sums that lack something; finer buckets stand in for them.
    """
    holes = [] if each == FINEST else sorted(bucket for level, bucket in stale if level == each)
    for bucket in holes:
        if start <= bucket < end:
            if start < bucket:
                yield Range(each, start, bucket)
            yield from cover(finer(each), bucket, bucket + each, stale)
            start = bucket + each
    if start < end:
        yield Range(each, start, end)


def summed(each: int, start: int, end: int, stale: Collection[tuple[int, int]]) -> Iterator[Range]:
    """Likewise, by as few buckets as there can be: coarser ones wherever they fit."""
    coarser = next((level for level in RESOLUTIONS if level > each), None)
    if coarser is None:
        yield from cover(each, start, end, stale)
        return
    inner, outer = ceiling(start, coarser), floor(end, coarser)
    if inner >= outer:
        yield from cover(each, start, end, stale)
        return
    if start < inner:
        yield from cover(each, start, inner, stale)
    yield from summed(coarser, inner, outer, stale)
    if outer < end:
        yield from cover(each, outer, end, stale)
