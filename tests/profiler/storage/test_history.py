"""What the history says of what was written."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from hotroute.profiler.model.resolutions import FINEST, HOUR
from hotroute.profiler.model.results import TimeRange
from hotroute.profiler.queries.history import History
from hotroute.profiler.storage.writer import Storage
from tests.profiler import synthetic
from tests.profiler.batches import batch_of
from tests.profiler.storage import START, batch, keep, pulse, request, requests, sample

pytestmark = pytest.mark.matrix("url")

Workers = Callable[..., Storage]
MINUTE_ONE = TimeRange(START - 60, START + 60)


def test_routes_are_ranked_by_the_time_that_they_took_in_all(worker: Workers, history: History) -> None:
    often, slow, seldom = (
        requests([0.01] * 50, route="/often"),
        requests([2.0], route="/slow"),
        requests([0.1], route="/seldom"),
    )
    worker().write(batch(*often, *slow, *seldom), START)
    assert [each.route for each in history.routes(MINUTE_ONE)] == ["/slow", "/often", "/seldom"]


def test_a_sparkline_has_the_requests_of_each_step(worker: Workers, history: History) -> None:
    storage = worker()
    for second, count in ((0, 3), (20, 5), (59, 1)):
        storage.write(batch(*requests([0.01] * count, at=START + second)), START + second)
    span = TimeRange(START, START + 600)
    history.clock = lambda: START + 600
    line = history.routes(span)[0].sparkline
    assert (line[0], line[2], line[5], sum(line), len(line)) == (3, 5, 1, 9, 60)


def test_averages_are_of_samples_that_were_chosen_by_chance(worker: Workers, history: History) -> None:
    chosen = [sample(0.1, name="1"), sample(0.3, name="2", kind="slow", statements=("x", "x"))]
    caught = sample(9.0, name="3", kind="slow", chosen=False, statements=("x",))
    worker().write(batch_of(requests([0.1, 0.3, 9.0]), [*chosen, caught]), START)
    split = history.routes(MINUTE_ONE)[0].split
    assert split
    assert (split.samples, split.statements, split.size) == (2, 1.0, 1000.0)
    assert (split.wall, split.cpu, split.waiting) == pytest.approx((0.2, 0.05, 0.15))
    assert len(history.samples(MINUTE_ONE)) == 3


def test_averages_are_over_all_outcomes_of_the_cache_and_over_old_and_new_buckets(
    worker: Workers, history: History
) -> None:
    storage = worker()
    for second, seconds, outcome in ((0, 0.1, "miss"), (1, 0.3, "redis hit"), (65, 0.5, "miss"), (70, 0.7, "")):
        at = START + second
        look = sample(seconds, name=str(second), cache=outcome, at=at, statements=("x",) if outcome == "miss" else ())
        storage.write(batch_of([look.request], [look]), at)
        keep(storage, at)
    history.clock = lambda: START + 71
    split = history.routes(TimeRange(START - 3600, START + 71))[0].split
    assert split
    assert (split.samples, split.statements) == (4, 0.5)
    assert split.wall == pytest.approx(0.4)


def test_sizes_that_are_not_known_are_not_averaged(worker: Workers, history: History) -> None:
    worker().write(batch_of(requests([0.1] * 2), [sample(name="1"), replace(sample(name="2"), size=None)]), START)
    split = history.routes(MINUTE_ONE)[0].split
    assert split
    assert split.size == 1000.0


def test_the_statements_of_a_route_show_which_are_repeated(worker: Workers, history: History) -> None:
    looks = [sample(name="1", statements=("one", *["each"] * 21)), sample(name="2", statements=("one", "each"))]
    worker().write(batch_of(requests([0.1] * 2), looks), START)
    each, one = history.route(MINUTE_ONE, "/a", "GET").statements
    assert (each.fingerprint, each.text, each.place) == ("each", "SELECT each", "shop.py:7 find")
    assert (each.requests, each.executions, each.most) == (2, 22, 21)
    assert each.seconds == pytest.approx(0.022)
    assert (one.fingerprint, one.executions, one.most) == ("one", 2, 1)
    assert [found.statement.fingerprint for found in history.statements(MINUTE_ONE)] == ["each", "one"]


def test_a_routes_page_has_its_latency_over_time_its_histogram_and_its_statuses(
    worker: Workers, history: History
) -> None:
    storage = worker()
    storage.write(batch(*requests([0.1] * 99), request(1.0, status=500)), START)
    storage.write(batch(*requests([0.001] * 10, at=START + 30)), START + 30)
    storage.write(batch(*requests([5.0] * 10, route="/b")), START + 31)
    found = history.route(MINUTE_ONE, "/a", "GET")
    filled = [index for index, count in enumerate(found.series.requests) if count]
    assert [found.series.times[index] for index in filled] == [START, START + 30]
    assert [found.series.requests[index] for index in filled] == [100, 10]
    assert [found.series.errors[index] for index in filled] == [1, 0]
    assert [found.series.p50[index] for index in filled] == pytest.approx([0.1, 0.001], rel=0.02)
    assert found.series.p99[filled[0]] == pytest.approx(0.1, rel=0.02)
    assert sum(count for _, _, count in found.histogram) == 110
    assert (found.histogram[0][0] <= 0.001 <= found.histogram[0][1], found.histogram[-1][1] >= 1.0) == (True, True)
    assert found.statuses == {200: 109, 500: 1}
    assert found.summary == history.routes(MINUTE_ONE, steps=120)[1]


def test_a_route_that_nobody_asked_for_has_zeros(worker: Workers, history: History) -> None:
    worker().write(batch(request(route="/b")), START)
    found = history.route(MINUTE_ONE, "/a", "GET")
    assert (found.summary.requests, found.summary.latency.p99, found.histogram, found.statuses) == (0, 0.0, (), {})
    assert set(found.series.requests) == set(found.series.p50) == {0}


def test_a_kept_sample_comes_back_as_it_was(worker: Workers, history: History) -> None:
    looked = sample(name="abc", kind="slow", statements=("one", "two"), stack="main;view 7\nmain 1")
    worker().write(batch_of([looked.request], [looked]), START)
    found = history.sample("abc")
    assert found
    assert (found.sample, found.release, found.worker) == (looked, "r1", "web1:100:1")
    assert history.sample("no such") is None
    head = history.samples(MINUTE_ONE)[0]
    assert (head.id, head.kind, head.route, head.has_stack, head.cpu) == ("abc", "slow", "/a", True, 0.025)


def test_of_the_samples_of_a_route_the_slowest_are_kept_and_listed_first(worker: Workers, history: History) -> None:
    many = [sample(seconds / 100, name=str(seconds), kind="slow") for seconds in range(1, 30)]
    storage = worker()
    storage.write(batch_of(samples=many), START)
    storage.write(batch_of(samples=[sample(9.0, name="too many", kind="slow")]), START + 1)
    storage.write(batch_of(samples=[sample(0.5, name="next", kind="slow", at=START + FINEST)]), START + FINEST)
    assert [each.id for each in history.route(MINUTE_ONE, "/a", "GET").slowest] == ["next", "29", "28"]
    assert [each.id for each in history.samples(MINUTE_ONE, "slow", limit=1)] == ["next"]
    assert history.samples(MINUTE_ONE, "failed") == []


def test_a_sample_that_is_too_large_is_kept_without_its_stack(worker: Workers, history: History) -> None:
    stack = Random(1).randbytes(300_000).hex()
    worker().write(batch_of(samples=[sample(name="large", kind="slow", statements=("one",), stack=stack)]), START)
    found = history.sample("large")
    assert found
    assert (found.sample.stack, len(found.sample.events)) == ("", 1)
    assert history.samples(MINUTE_ONE)[0].has_stack is False


def test_the_cache_page_has_outcomes_over_time_counters_and_gauges(worker: Workers, history: History) -> None:
    hits, misses = [request(cache="redis hit")] * 3, [request(cache="miss", at=START + 20)]
    storage = worker()
    storage.write(batch_of([*hits, *misses, request(route="/b")], counters={"invalidations": 2}), START + 20)
    storage.write(batch_of(counters={"invalidations": 3}, gauges={"memory": 5.0}), START + 21)
    storage.write(batch_of(gauges={"memory": 7.0}), START + 22)
    found = history.cache(MINUTE_ONE)
    assert {name: sum(steps) for name, steps in found.outcomes.items()} == {"redis hit": 3, "miss": 1}
    assert found.outcomes["miss"][found.times.index(int(START) + 20)] == 1
    assert (found.counters, found.gauges) == ({"invalidations": 5}, {"memory": 7.0})
    assert [(each.route, each.cache) for each in found.routes] == [("/a", {"redis hit": 3, "miss": 1})]


def test_the_workers_page_has_each_of_them_and_how_busy_they_were(worker: Workers, history: History) -> None:
    first, second = worker("web1:100:1"), worker("web2:200:1", release="r2")
    for second_ in range(1, 41):
        at = START + second_
        first.write(batch_of(pulses=[pulse(at, busy=2.0, lateness=(0.001,) * 9 + (0.05,), dropped=1)]), at)
    for second_, queue in ((1, 3), (2, 17), (3, 0)):
        second.write(batch_of(pulses=[pulse(START + second_, busy=0.5, queue=queue)]), START + second_)
    history.clock = lambda: START + 41
    found = history.workers(MINUTE_ONE)
    web1, web2 = sorted(found.workers, key=lambda each: each.worker)
    assert (web1.host, web1.pid, web1.release, web1.alive, web2.alive) == ("web1", 100, "r1", True, False)
    assert (web1.threads, web1.in_flight, web1.queue, web1.memory) == (4, 2, None, 90_000_000)
    assert (web1.most_queued, web2.queue, web2.most_queued) == (0, 0, 17)
    assert (web1.busy, web2.busy) == pytest.approx((0.5, 0.125))
    assert web1.late_p95 == pytest.approx(0.05, rel=0.02)
    assert (web1.requests, web1.dropped) == (400, 40)
    assert web1.own_cpu == pytest.approx(0.01)
    assert found.restarts == 2
    assert found.busy[found.times.index(int(START) + 10)] == pytest.approx(2.0)
    assert [each.worker for each in history.workers(TimeRange(*(START - 60, START + 60), "r2")).workers] == [
        "web2:200:1"
    ]


@pytest.mark.matrix
def test_workers_that_come_and_go_are_counted_and_the_last_ones_listed(worker: Workers, history: History) -> None:
    for number in range(205):
        storage = worker(f"web1:{number}:1")
        storage.row["started"] = START + number * 0.1
        storage.write(batch_of(pulses=[pulse(START + number * 0.1, busy=0.0)]), START + number * 0.1)
        storage.close()
    found = history.workers(MINUTE_ONE)
    assert (found.restarts, len(found.workers)) == (205, 200)
    assert [found.workers[0].pid, found.workers[-1].pid] == [204, 5]


def test_releases_are_told_apart_and_compared(worker: Workers, history: History) -> None:
    old, new = worker(release="1.0"), worker("web1:101:1", release="1.1")
    new.row["started"] = START + 30
    old.write(batch(*requests([0.1] * 10), request(route="/gone")), START)
    new.write(batch(*requests([0.2] * 5, at=START + 30), request(0.5, route="/new", at=START + 30)), START + 30)
    assert [(each.name, each.first, each.last) for each in history.releases()] == [
        ("1.0", START, START),
        ("1.1", START + 30, START + 30),
    ]
    before, after = (TimeRange(START - 60, START + 60, release) for release in ("1.0", "1.1"))
    found = {each.route: each for each in history.compare(before, after)}
    assert list(found) == ["/a", "/new", "/gone"]
    assert found["/a"].before
    assert found["/a"].after
    assert (found["/a"].before.requests, found["/a"].after.requests) == (10, 5)
    assert found["/a"].after.latency.p50 == pytest.approx(0.2, rel=0.02)
    assert (found["/gone"].after, found["/new"].before) == (None, None)


def test_spans_that_meet_count_nothing_twice(worker: Workers, history: History) -> None:
    storage = worker()
    for second in range(60):
        storage.write(batch(request(at=START + second)), START + second)
    history.clock = lambda: START + 600
    for edge in range(FINEST, 60 - FINEST, 7):
        spans = TimeRange(START, START + edge), TimeRange(START + edge, START + 60)
        assert sum(each.requests for span in spans for each in history.routes(span)) == 60


@pytest.mark.matrix
def test_what_sums_a_span_up_counts_the_requests_that_are_shown_in_it_and_no_others(
    worker: Workers, history: History
) -> None:
    storage = worker()
    for minute in range(60):
        looked = sample(name=str(minute), at=START + 60 * minute, statements=("one",))
        storage.write(batch_of([looked.request], [looked]), START + 60 * minute)
        keep(storage, START + 60 * minute)
    now = START + 3600
    history.clock = lambda: now
    before, after = TimeRange(now - 1800, now - 900), TimeRange(now - 900, now)
    [change] = history.compare(before, after)
    assert change.before
    assert change.after
    assert (change.before.requests, change.after.requests) == (15, 15)
    for span in (before, after):
        assert [each.statement.executions for each in history.statements(span)] == [15]
        assert [history.routes(span, steps=steps)[0].requests for steps in (1, 48, 60, 120)] == [15] * 4
        assert history.read(span).seconds == 900
        assert sum(history.requests(span, steps=3).values()) == 15
    assert history.read(TimeRange(now - 905, now)).seconds == 910, "a rate is by the seconds that were read"


def test_a_synthetic_history_has_what_its_routes_are_made_of(url: str) -> None:
    synthetic.fill(url, routes=12, days=0.2, workers=2, samples=20, now=START)
    history = History(url, clock=lambda: START)
    found = {(each.route, each.method): each for each in history.routes(TimeRange(START - HOUR, START))}
    assert len(found) == 12
    feed, report = found["/api/articles/feed", "GET"], found["/api/reports/<int:year>", "GET"]
    assert feed.split
    assert feed.split.statements == pytest.approx(23, rel=0.05)
    assert report.latency.p50 == pytest.approx(1.4, rel=0.2)
    assert len(history.samples(TimeRange(START - 86400, START), limit=1000)) == 20
    history.close()
