"""The busiest moments of a real storage."""

import time
from pathlib import Path

import pytest

from hotroute.profiler.advice import Serving, advise, peak
from hotroute.profiler.model.results import TimeRange
from tests.profiler.advice.recorded import history, record, request

pytestmark = pytest.mark.unit

HOUR = 3600.0


def an_hour_with_a_burst(folder: Path) -> tuple[float, float]:
    """A request every two seconds for 20 minutes, but 50 a second, of 100 ms each, for ten seconds in the middle."""
    now = time.time()
    burst = (now - 600) // 10 * 10
    calm = [request(now - 1200 + 2 * number) for number in range(600)]
    busy = [request(burst + number / 50, "/burst", seconds=0.1) for number in range(490)]
    record(folder, [*calm, *busy])
    return now, burst


def test_a_burst_of_ten_seconds_in_a_day_is_found(tmp_path: Path) -> None:
    now, burst = an_hour_with_a_burst(tmp_path)
    with history(tmp_path) as recorded:
        found = peak.find(recorded, TimeRange(now - 24 * HOUR, now))
    assert found.start == burst
    assert found.seconds == 10
    assert 49 <= found.rate <= 50


def test_arrivals_times_time_are_in_progress(tmp_path: Path) -> None:
    """49 and a half a second, of a tenth of a second each, one in ten of it computed."""
    now, _ = an_hour_with_a_burst(tmp_path)
    with history(tmp_path) as recorded:
        found = peak.find(recorded, TimeRange(now - HOUR, now))
    assert 4.8 < found.concurrency < 5.0
    assert 0.45 < found.cores < 0.55


def test_lateness_and_queue_are_those_of_the_busiest_moments(tmp_path: Path) -> None:
    """Not those of the last ones, nor a mean with the calm ones."""
    now, _ = an_hour_with_a_burst(tmp_path)
    with history(tmp_path) as recorded:
        found = peak.find(recorded, TimeRange(now - HOUR, now))
    assert 0.019 < found.lateness < 0.021
    assert found.queue == 3
    assert found.workers == 1


def test_nothing_recorded_is_nothing_busy(tmp_path: Path) -> None:
    record(tmp_path, [request(time.time() - 2 * HOUR)])
    with history(tmp_path) as recorded:
        found = peak.find(recorded, TimeRange(time.time() - HOUR, time.time()))
        advice = advise(recorded, TimeRange(time.time() - HOUR, time.time()), Serving())
    assert (found.rate, found.concurrency) == (0, 0)
    assert [each.kind for each in advice] == ["data"]


def test_only_the_release_that_is_asked_for_counts(tmp_path: Path) -> None:
    now = time.time()
    record(tmp_path, [request(now - 300 + number) for number in range(250)], release="old")
    record(tmp_path, [request(now - 100 + number) for number in range(50)], release="new")
    with history(tmp_path) as recorded:
        old, new = (advise(recorded, TimeRange(now - HOUR, now, release), Serving()) for release in ("old", "new"))
    assert "gunicorn" in [each.kind for each in old]
    assert [each.kind for each in new] == ["data"]
    assert "50 requests" in new[0].text
