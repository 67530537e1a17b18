"""Which buckets answer for a span: each second of it once."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotroute.profiler.model import resolutions
from hotroute.profiler.model.resolutions import DAY, HOUR, KEPT, MINUTE, RESOLUTIONS, Range, floor

pytestmark = pytest.mark.unit

TOP = RESOLUTIONS[-1]


@st.composite
def stale(draw: st.DrawFn) -> set[tuple[int, int]]:
    """Sums that lack something, and with them all that are made of them."""
    found = set()
    for resolution, number in draw(st.lists(st.tuples(st.sampled_from(RESOLUTIONS[1:]), st.integers(0, 3 * TOP)))):
        found |= {(each, floor(number, each)) for each in RESOLUTIONS if each >= resolution}
    return found


@given(st.sampled_from(RESOLUTIONS), st.integers(0, 2 * TOP), st.integers(0, 2 * TOP), stale())
def test_ranges_are_the_whole_span_and_nothing_twice(
    resolution: int, start: int, length: int, stale: set[tuple[int, int]]
) -> None:
    first, last = floor(start, resolution), floor(start + length, resolution)
    for ranges in (
        resolutions.cover(resolution, first, last, stale),
        resolutions.summed(resolution, first, last, stale),
    ):
        assert together(ranges, stale) == ((first, last) if first < last else None)


def together(ranges: Iterable[Range], stale: set[tuple[int, int]]) -> tuple[int, int] | None:
    found = list(ranges)
    for each in found:
        assert each.start < each.end
        assert each.start % each.resolution == each.end % each.resolution == 0
        assert not any(
            level == each.resolution > resolutions.FINEST and each.start <= bucket < each.end for level, bucket in stale
        )
    assert all(left.end == right.start for left, right in pairwise(found))
    return (found[0].start, found[-1].end) if found else None


def test_sums_over_a_long_span_take_coarse_buckets() -> None:
    assert list(resolutions.summed(12 * HOUR, 0, 9 * DAY, ())) == [
        Range(4 * DAY, 0, 8 * DAY),
        Range(12 * HOUR, 8 * DAY, 9 * DAY),
    ]


@pytest.mark.parametrize(
    ("seconds", "resolution"),
    [
        (10 * MINUTE, 10),
        (HOUR, MINUTE),
        (6 * HOUR, 5 * MINUTE),
        (DAY, 30 * MINUTE),
        (7 * DAY, 2 * HOUR),
        (30 * DAY, 12 * HOUR),
    ],
)
def test_a_span_that_ends_now_is_read_finely_enough_and_not_too_finely(seconds: int, resolution: int) -> None:
    assert resolutions.resolution(1e9 - seconds, 1e9, 1e9) == resolution


@given(st.sampled_from([15 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY]), st.floats(0, 4 * DAY))
def test_a_span_is_read_as_it_was_asked_for_and_the_one_before_it_ends_where_it_begins(
    seconds: int, moment: float
) -> None:
    now = 1e9 + moment
    before, after = (
        resolutions.edges(now - 2 * seconds, now - seconds, now),
        resolutions.edges(now - seconds, now, now),
    )
    assert before.end <= after.start <= now - seconds < now <= after.end
    for each, start in ((before, now - 2 * seconds), (after, now - seconds)):
        assert 0 <= start - each.start <= seconds / 12
        assert each.end - each.start <= seconds * (1 + 1 / 6)


def test_an_end_in_the_past_is_not_now() -> None:
    assert resolutions.edges(1e9 - 30 * DAY, 1e9 - HOUR, 1e9).end <= 1e9 - HOUR


def test_a_span_of_long_ago_is_answered_as_finely_as_it_is_still_kept() -> None:
    assert resolutions.resolution(1e9 - 3 * DAY, 1e9 - 3 * DAY + HOUR, 1e9) == 30 * MINUTE


def test_each_resolution_divides_the_next_and_is_kept_for_shorter() -> None:
    for fine, coarse in pairwise(RESOLUTIONS):
        assert coarse % fine == 0
        assert KEPT[fine] < KEPT[coarse]
