"""Coarse buckets are the sums of the fine ones, whoever adds them up, however often, and however late."""

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain
from math import ceil
from random import Random
from threading import Thread

import pytest
from sqlalchemy import text

from hotroute.profiler.model.records import Request
from hotroute.profiler.model.resolutions import DAY, FINEST, HOUR, KEPT, MINUTE, RESOLUTIONS
from hotroute.profiler.model.results import TimeRange
from hotroute.profiler.queries.history import FEW, History
from hotroute.profiler.storage import lifetime as ever_
from hotroute.profiler.storage import retention, rollup, schema
from hotroute.profiler.storage.facts import merged_with
from hotroute.profiler.storage.fold import Fold
from hotroute.profiler.storage.maintenance import HELD, LONGEST, Maintenance, NotHeldError
from hotroute.profiler.storage.writer import Storage
from tests.profiler.batches import batch_of
from tests.profiler.storage import ALWAYS, START, batch, counted, ever, keep, pulse, request, requests, sample
from tests.servers import wait_until
from tests.statements import recorded

pytestmark = pytest.mark.matrix("url")

Workers = Callable[..., Storage]
SUMS = {
    "requests": ("series, status", "count, seconds"),
    "latencies": ("series", "count, seconds"),
    "splits": ("series", "samples, wall, view, cpu, sql, cache, outgoing, waiting, statements, size, sized"),
    "executions": ("series, statement", "requests, executions, seconds"),
    "counters": ("name", "count"),
    "pulses": ("worker", "elapsed, busy, requests, dropped, own_cpu"),
}


def measured(seed: int, workers: list[Storage], seconds: range) -> Iterator[list[Request]]:
    """What was written each second, with some keeping in between."""
    random = Random(seed)
    for second in seconds:
        now, written = START + second, list[Request]()
        for storage in workers:
            durations = [10 ** random.uniform(-5, 0) for _ in range(random.randrange(4))]
            asked = requests(durations, at=now - random.random() * 5, route=random.choice(("/a", "/b")))
            looks = [sample(at=now, route="/a", name=str(now), statements=("x", "x", "y"))]
            storage.write(batch_of(asked, looks, [pulse(now, dropped=1)], {"invalidations": 2}), now)
            written += asked
        if random.random() < 0.2:
            keep(random.choice(workers), now)
        yield written


def test_every_resolution_has_the_same_sums(worker: Workers, history: History) -> None:
    workers = [worker("web1:1:1"), worker("web2:1:1"), worker("web2:2:1", release="r2")]
    asked = list(chain.from_iterable(measured(1, workers, range(0, 1500, 25))))
    with history.engine.connect() as connection:
        fine = {table: summed(connection, table, RESOLUTIONS[0]) for table in SUMS}
        assert sum(row[-2] for row in fine["requests"]) == len(asked)
    keep(workers[0], START + 1600 + HELD)
    with history.engine.connect() as connection:
        for resolution in RESOLUTIONS[1:]:
            for table, rows in fine.items():
                for row, sums in zip(summed(connection, table, resolution), rows, strict=True):
                    assert row == pytest.approx(sums), (table, resolution)


def summed(connection, table: str, resolution: int) -> list[tuple[float, ...]]:  # type: ignore[no-untyped-def]
    keys, numbers = SUMS[table]
    sums = ", ".join(f"sum({number})" for number in numbers.split(", "))
    query = f"SELECT {sums} FROM profiler_{table} WHERE resolution = {resolution} GROUP BY {keys} ORDER BY {keys}"
    return [tuple(map(float, row)) for row in connection.execute(text(query))]


def test_a_span_has_the_same_counts_and_quantiles_whatever_is_already_added_up(
    worker: Workers, history: History
) -> None:
    workers = [worker("web1:1:1"), worker("web2:1:1", release="r2")]
    asked: list[Request] = []
    for number, written in enumerate(measured(2, workers, range(0, 1500, 50))):
        asked += written
        history.clock = lambda now=START + number * 50: now  # type: ignore[misc]
        if number % 5 == 0:
            for length in (10 * MINUTE, HOUR, DAY, 30 * DAY):
                since = first(history, length)
                check(history, [each for each in asked if each.time + each.seconds >= since], length)


def first(history: History, length: int) -> int:
    with history.reading(TimeRange(history.clock() - length, history.clock()), 60) as found:
        return found.start


def check(history: History, asked: list[Request], length: int) -> None:
    for route in history.routes(TimeRange(history.clock() - length, history.clock())):
        seconds = sorted(each.seconds for each in asked if each.route == route.route)
        assert (route.requests, sum(route.sparkline)) == (len(seconds), len(seconds))
        assert route.latency.p50 == pytest.approx(seconds[ceil(0.5 * len(seconds)) - 1], rel=0.02)
        assert route.latency.p99 == pytest.approx(seconds[ceil(0.99 * len(seconds)) - 1], rel=0.02)


def test_with_many_routes_a_sum_over_a_long_span_lags_by_no_more_than_its_thousandth(
    worker: Workers, history: History
) -> None:
    storage = worker()
    storage.write(batch(*(request(route=f"/{number}") for number in range(FEW + 1))), START)
    keep(storage, START)
    storage.write(batch(request(at=START + 2)), START + 2)
    month = TimeRange(START - 30 * DAY, START + 3600)
    history.clock = lambda: START + 30 * 60
    assert "/a" not in counted(history, month)
    history.clock = lambda: START + 30 * DAY / 1000 + 10
    assert counted(history, month)["/a"] == 1


def test_a_first_request_shows_in_every_span_at_once(worker: Workers, history: History) -> None:
    worker().write(batch(request()), START)
    for length in (10 * MINUTE, HOUR, DAY, 30 * DAY, 365 * DAY):
        assert counted(history, TimeRange(START - length, START + 60)) == {"/a": 1}


def test_a_late_batch_is_added_to_sums_that_were_already_made(worker: Workers, history: History) -> None:
    storage = worker()
    storage.write(batch(request(at=START + 300)), START + 300)
    keep(storage, START + 301)
    storage.write(batch(request(at=START + 20)), START + 310)
    keep(storage, START + 301 + LONGEST)
    with history.engine.connect() as connection:
        for resolution in RESOLUTIONS:
            rows = text(f"SELECT sum(count) FROM profiler_requests WHERE resolution = {resolution}")
            assert connection.scalar(rows) == 2


def test_old_buckets_go_and_the_counts_stay(worker: Workers, history: History) -> None:
    storage, now = worker(), START
    for days in (0, 0.1, 1, 3, 10, 40, 200, 700, 1000, 2000):
        now = START + days * DAY
        storage.write(batch_of([request(at=now)], [sample(at=now)], [pulse(now)]), now)
        keep(storage, now + 1)
        history.clock = lambda: now + 2  # noqa: B023  # asked before the next one
        with history.engine.connect() as connection:
            for resolution, kept in KEPT.items():
                oldest = connection.scalar(
                    text(f"SELECT min(bucket) FROM profiler_requests WHERE resolution={resolution}")
                )
                assert oldest > now - kept - 4 * DAY
    assert ever(history) == 10
    assert sum(each.requests for each in history.totals().durations) == 10


@pytest.mark.matrix
def test_what_was_not_added_up_yet_is_not_deleted_however_old_it_is(worker: Workers, history: History) -> None:
    storage = worker()
    for second in range(0, 7200, 60):
        storage.write(batch(request(at=START + second)), START + second)
    keep(storage, START + 3 * DAY)
    history.clock = lambda: START + 3 * DAY
    assert ever(history) == 120
    assert counted(history, TimeRange(START - DAY, START + 3 * DAY)) == {"/a": 120}


def test_a_bucket_that_is_not_added_up_is_not_even_due_to_be_deleted(worker: Workers) -> None:
    storage = worker()
    storage.write(batch(request()), START)
    for due in ([], [(FINEST, START)]):
        with storage.engine.begin() as connection:
            assert list(retention.expired(connection, START + 3 * DAY)) == due
            rollup.roll(connection, MINUTE, int(START))


def test_what_is_not_added_up_yet_is_among_the_sums_of_all_time_all_the_same(worker: Workers, history: History) -> None:
    storage = worker()
    storage.write(batch(request()), START)
    with storage.engine.begin() as connection:
        ever_.advance(connection, START + 5 * HOUR)
    keep(storage, START + 6 * HOUR)
    history.clock = lambda: START + 6 * HOUR
    assert ever(history) == 1


@pytest.mark.only("postgresql")
def test_adding_up_waits_for_a_worker_that_is_writing(worker: Workers, history: History) -> None:
    first, second = worker("web1:1:1"), worker("web2:1:1")
    first.write(batch(request()), START)
    fold = Fold(first.buckets, first.names, START + 1, START)
    fold.fold(batch(request(), request()))
    with first.engine.begin() as writing:
        first.write_sums(writing, {int(START): merged_with(first.buckets.rows(int(START)), fold.added[int(START)])})
        keeper = Thread(target=keep, args=(second, START + 2))
        keeper.start()
        wait_until(lambda: waits(history) or not keeper.is_alive(), "the keeper waits for the worker")
    keeper.join(timeout=60)
    assert coarse(history) == 3


def waits(history: History) -> bool:
    with history.engine.connect() as connection:
        query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return bool(connection.scalar(query))


@pytest.mark.matrix
def test_totals_never_get_smaller(worker: Workers, history: History) -> None:
    random, storage, now, before = Random(3), worker(), START, 0
    for number in range(60):
        now += random.choice((1, 30, 400, 5000))
        if random.random() < 0.1:
            storage = worker(f"web1:{number}:1")
        storage.write(batch(request(at=now)), now)
        if random.random() < 0.5:
            storage.keep(now + HELD)
        history.clock = lambda: now + HELD  # noqa: B023  # asked before the next one
        after = ever(history)
        assert after == before + 1
        before = after


def test_only_one_worker_keeps_and_another_takes_over_when_it_is_gone(worker: Workers, history: History) -> None:
    first, second = worker("web1:1:1"), worker("web2:1:1")
    first.write(batch(request()), START)
    keep(first, START + 1)
    second.write(batch(request(at=START + 5)), START + 5)
    keep(second, START + 6)
    assert coarse(history) == 1
    keep(second, START + 6 + HELD)
    assert coarse(history) == 2


def coarse(history: History) -> int:
    with history.engine.connect() as connection:
        return int(connection.scalar(text("SELECT sum(count) FROM profiler_requests WHERE resolution = 60")) or 0)


def test_a_keeper_that_wakes_up_after_it_was_thought_dead_does_nothing(worker: Workers, history: History) -> None:
    first, second = worker("web1:1:1"), worker("web2:1:1")
    first.write(batch(request()), START)
    paused = first.keeper
    paused.now = START
    with paused.transaction():
        pass
    keep(second, START + HELD + 1)
    assert coarse(history) == 1
    paused.now = START + HELD + 2
    with pytest.raises(NotHeldError), paused.transaction():
        pass


def test_a_worker_that_only_helps_asks_for_nothing_while_it_rests(worker: Workers) -> None:
    storage = worker()
    storage.write(batch(request()), START)
    keep(storage, START)
    with recorded(storage.engine) as statements:
        keep(storage, START + 1)
    assert statements == []


def test_keeping_comes_back_when_its_time_is_over_and_goes_on_the_next_time(worker: Workers, history: History) -> None:
    storage = worker()
    for second in range(0, 600, 60):
        storage.write(batch(request(at=START + second)), START + second)
    calls = 1
    while not storage.keep(START + 600, budget=0.0):
        calls += 1
    assert calls > 10
    assert coarse(history) == 10


@pytest.mark.parametrize(("slow", "common"), [(10, 23), (80, 8)])
@pytest.mark.matrix
def test_samples_are_kept_under_a_size_and_the_rare_ones_longest(
    worker: Workers, history: History, slow: int, common: int
) -> None:
    """Of a hundred of the same size there is room for a third, a quarter of it for those that are neither."""
    storage = worker()
    for number in range(100):
        kind = "slow" if number % 10 < slow // 10 else "sample"
        at = START + number * 10
        storage.write(batch_of(samples=[sample(kind=kind, name=f"{number:02}", at=at)]), at)
    size = text("SELECT sum(size) FROM profiler_samples")
    with history.engine.connect() as connection:
        most = int(connection.scalar(size) or 0) // 3
    storage.keeper = Maintenance(storage.engine, "one", most)
    keep(storage, START + 1000)
    with history.engine.connect() as connection:
        assert most * 0.9 < int(connection.scalar(size) or 0) <= most
    kept = history.samples(ALWAYS, limit=1000)
    kinds = Counter(each.kind for each in kept)
    assert kinds["sample"] == pytest.approx(common, abs=2)
    assert kinds["slow"] == pytest.approx(min(slow, 25), abs=2)
    assert kept[0].id == "99"
    keep(storage, START + 1000 + retention.SAMPLES_KEPT)
    assert history.samples(ALWAYS) == []


@pytest.mark.only("sqlite")
def test_pages_that_are_not_needed_are_given_back(worker: Workers) -> None:
    storage = worker()
    storage.write(batch(*(request(route=f"/{number}") for number in range(1500))), START)
    keep(storage, START + 1)
    before = pages(storage)
    storage.write(batch(request(at=START + 900 * DAY)), START + 900 * DAY)
    for round_ in range(5):
        keep(storage, START + 900 * DAY + 60 * round_)
    assert pages(storage) < before / 2


def pages(storage: Storage) -> int:
    with storage.engine.connect() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)


def test_statements_whose_counts_are_gone_go_when_there_are_too_many(
    worker: Workers, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "MOST_STATEMENTS", 1)
    storage = worker()
    storage.write(batch_of(samples=[sample(statements=("old",))]), START)
    later = START + 1000 * DAY
    storage.write(batch_of(samples=[sample(statements=("new",), at=later)]), later)
    keep(storage, later)
    with history.engine.connect() as connection:
        assert list(connection.scalars(schema.statements.select().with_only_columns(schema.statements.c.text))) == [
            "SELECT new"
        ]
