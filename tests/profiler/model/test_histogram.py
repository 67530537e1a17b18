"""Histograms: right within 2 %, however they were cut up, stored and added."""

from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotroute.profiler.model.histogram import EDGES, Histogram

pytestmark = pytest.mark.unit

SHARES = (0.0, 0.5, 0.95, 0.99, 0.999, 1.0)
durations = st.lists(st.floats(1e-6, 3600), min_size=1, max_size=300)


def exact(values: list[float], share: float) -> float:
    return sorted(values)[max(1, ceil(share * len(values))) - 1]


def of(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


@given(durations)
def test_a_quantile_is_within_two_percent_of_the_exact_one(values: list[float]) -> None:
    histogram = of(values)
    for share in SHARES:
        assert histogram.quantile(share) == pytest.approx(exact(values, share), rel=0.02)


@given(st.lists(durations, min_size=1, max_size=5))
def test_histograms_of_several_workers_add_up_to_the_one_of_all(parts: list[list[float]]) -> None:
    merged = Histogram()
    for part in parts:
        merged.merge(of(part))
    everything = of([value for part in parts for value in part])
    assert merged.counts == everything.counts
    assert Histogram.load(*(of(part).dump() for part in parts)).counts == everything.counts


@given(st.dictionaries(st.integers(0, 640), st.integers(1, 1 << 60), max_size=640))
def test_what_was_dumped_is_loaded_again(counts: dict[int, int]) -> None:
    histogram = Histogram()
    histogram.counts.update(counts)
    assert Histogram.load(histogram.dump()).counts == counts


@given(durations)
def test_buckets_count_everything_once_and_without_gaps(values: list[float]) -> None:
    found = of(values).buckets()
    assert sum(n for _, _, n in found) == len(values) == of(values).count
    assert all(left[1] == right[0] for left, right in pairwise(found))
    # An edge is a rounded number: a value on it may be found on either side.
    assert found[0][0] * (1 - 1e-9) <= min(values)
    assert max(values) <= found[-1][1] * (1 + 1e-9)


@given(durations, st.lists(st.floats(1e-6, 3600), min_size=1, max_size=5))
def test_what_took_less_than_a_bound_is_counted_as_exactly_as_the_buckets_are(
    values: list[float], bounds: list[float]
) -> None:
    for bound, count in zip(bounds, of(values).below(bounds), strict=True):
        assert sum(value < bound * 0.96 for value in values) <= count <= sum(value < bound * 1.04 for value in values)


def test_many_at_once_are_as_one_by_one() -> None:
    values = [0.001 * n for n in range(1000)]
    together = Histogram()
    together.add_all(values)
    assert together.counts == of(values).counts


def test_several_quantiles_are_as_each_on_its_own() -> None:
    histogram = of([0.001 * n for n in range(1, 1000)])
    assert histogram.quantiles(SHARES) == tuple(histogram.quantile(share) for share in SHARES)


@pytest.mark.parametrize("strange", [-1.0, 0.0, 1e-9])
def test_a_clock_that_stood_still_is_counted_as_less_than_a_microsecond(strange: float) -> None:
    assert of([strange]).buckets() == [(0.0, 1e-6, 1)]


@pytest.mark.parametrize("strange", [7200.0, 1e9, float("inf")])
def test_what_took_more_than_an_hour_is_counted_at_the_end(strange: float) -> None:
    assert of([strange]).buckets() == [(*EDGES[-2:], 1)]


def test_an_empty_histogram_says_nothing() -> None:
    assert (Histogram().quantile(0.5), Histogram().buckets(), Histogram().dump()) == (0.0, [], b"")
    assert Histogram.load(b"").count == 0


def test_a_dump_takes_six_bytes_for_each_bucket_that_is_not_empty() -> None:
    assert len(of([0.001] * 5 + [0.1]).dump()) == 1 + 2 * 6
