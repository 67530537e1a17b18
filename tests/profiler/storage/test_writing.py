"""What a worker writes is counted exactly, however often and through whatever failure it had to write it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from random import Random
from typing import Any

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import SQLAlchemyError

from hotroute.profiler.model.records import OTHER_ROUTES
from hotroute.profiler.model.resolutions import LATEST
from hotroute.profiler.queries.history import History
from hotroute.profiler.storage.writer import Storage
from tests import databases
from tests.profiler.batches import batch_of
from tests.profiler.storage import ALWAYS, START, batch, counted, ever, keep, pulse, request, requests, sample

Workers = Callable[..., Storage]


class Vanished(Exception):
    pass


@contextmanager
def connection_lost_after_the_commit(storage: Storage) -> Iterator[None]:
    """The transaction is committed, and the worker does not learn of it."""
    dialect = storage.engine.dialect

    def commit(connection: Any) -> None:
        connection.commit()
        raise Vanished

    dialect.do_commit = commit  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        del dialect.do_commit


def test_every_request_is_counted_by_status_outcome_and_route(worker: Workers, history: History) -> None:
    worker().write(batch(request(), request(status=404), request(status=500, cache="miss"), request(route="/b")), START)
    first, second = sorted(history.routes(ALWAYS), key=lambda each: each.route)
    assert (first.route, first.requests, first.refused, first.errors, first.cache) == ("/a", 3, 1, 1, {"miss": 1})
    assert (second.route, second.requests, second.refused, second.errors, second.cache) == ("/b", 1, 0, 0, {})
    assert first.seconds == pytest.approx(0.03)


def test_later_batches_add_to_the_same_bucket(worker: Workers, history: History) -> None:
    storage = worker()
    for second in range(25):
        storage.write(batch(request(at=START + second), request(at=START + second - 1)), START + second)
    assert counted(history) == {"/a": 50}


def test_a_request_is_counted_when_it_ended(worker: Workers, history: History) -> None:
    worker().write(batch(request(300.0, at=START + 30)), START + 30)
    assert history.route(ALWAYS, "/a", "GET").summary.requests == 1
    with history.engine.connect() as connection:
        assert connection.scalar(text("SELECT bucket FROM profiler_requests")) == START + 30


def test_a_batch_whose_commit_nobody_heard_of_counts_once_when_it_is_written_again(
    worker: Workers, history: History
) -> None:
    storage = worker()
    storage.write(batch(*requests([0.1] * 5)), START)
    unlucky = batch_of(requests([0.2] * 7), [sample(chosen=True)], [pulse(START + 1, dropped=3)], {"invalidations": 4})
    for _ in range(3):
        with connection_lost_after_the_commit(storage), pytest.raises(Vanished):
            storage.write(unlucky, START + 1)
    assert ever(history) == 12
    storage.write(unlucky, START + 2)
    assert ever(history) == 12
    assert history.totals().counters == {"invalidations": 4, "dropped": 3}
    assert history.routes(ALWAYS)[0].split.samples == 1  # type: ignore[union-attr]  # or it is red
    assert len(history.samples(ALWAYS)) == 1


def test_a_batch_that_was_written_without_being_told_so_may_come_again_much_later(
    worker: Workers, history: History
) -> None:
    storage = worker()
    unlucky = batch_of(requests([0.2] * 7), counters={"invalidations": 4})
    with connection_lost_after_the_commit(storage), pytest.raises(Vanished):
        storage.write(unlucky, START)
    later = START + LATEST + 60
    storage.write(unlucky, later)
    history.clock = lambda: later
    assert counted(history) == {"/a": 7}
    assert history.totals().counters == {"invalidations": 4}


def test_a_batch_that_is_given_up_after_a_failure_is_not_half_counted(worker: Workers, history: History) -> None:
    storage = worker()
    storage.write(batch(request()), START)
    with connection_lost_after_the_commit(storage), pytest.raises(Vanished):
        storage.write(batch(request(), request(route="/given up")), START + 1)
    storage.write(batch(request(route="/b")), START + 2)
    assert counted(history) == {"/a": 1, "/b": 1}


def test_what_comes_too_late_is_counted_as_of_now(worker: Workers, history: History) -> None:
    storage = worker()
    storage.write(batch(request(at=START + LATEST + 30)), START + LATEST + 30)
    storage.write(batch(request(at=START)), START + LATEST + 31)
    assert counted(history) == {"/a": 2}
    with history.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(DISTINCT bucket) FROM profiler_requests")) == 1


def test_an_old_bucket_is_never_written_anew_with_less_in_it(worker: Workers, history: History) -> None:
    storage = worker()
    for second in range(0, 120, 10):
        storage.write(batch(request(at=START + second)), START + second)
    storage.write(batch(request(at=START)), START + 120)
    assert counted(history) == {"/a": 13}


def test_a_clock_that_jumps_loses_nothing(worker: Workers, history: History) -> None:
    storage, random = worker(), Random(1)
    for number in range(60):
        now = START + random.choice((0, 3600, -3600)) + number
        storage.write(batch(request(at=now)), now)
    history.clock = lambda: START + 7200
    assert ever(history) == 60


@contextmanager
def locked(url: str) -> Iterator[None]:
    with databases.connected(url) as engine, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE profiler.profiler_requests IN ACCESS EXCLUSIVE MODE"))
        yield


SHORT = {"sqlite": "?timeout=0.2", "postgresql": "&options=-c%20lock_timeout%3D200%20-c%20search_path%3Dprofiler"}


def test_a_locked_database_raises_and_nothing_is_lost_when_it_is_free_again(
    url: str, worker: Workers, history: History
) -> None:
    worker().write(batch(request()), START)
    storage = worker("web1:101:1", query=SHORT[make_url(url).get_backend_name()])
    with locked(url):
        for _ in range(2):
            with pytest.raises(SQLAlchemyError):
                storage.write(batch(request(), request()), START + 1)
    storage.write(batch(request(), request()), START + 2)
    assert counted(history) == {"/a": 3}


@pytest.mark.only("sqlite")
def test_a_full_disk_raises_and_nothing_is_lost_when_there_is_room_again(worker: Workers, history: History) -> None:
    storage = worker()
    storage.write(batch(request()), START)
    limit(storage, 1)
    many = batch(*(request(route=f"/{number}") for number in range(1000)))
    for _ in range(3):
        with pytest.raises(SQLAlchemyError, match="full"):
            storage.write(many, START + 1)
    assert ever(history) == 1
    limit(storage, 1_000_000)
    storage.write(many, START + 5)
    assert ever(history) == 1001


def limit(storage: Storage, pages: int) -> None:
    """As if the disk had room for no more than these pages, or for what is already there."""
    with storage.engine.begin() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def test_a_thousand_routes_have_a_row_each(worker: Workers, history: History) -> None:
    storage = worker()
    storage.write(batch(*(request(route=f"/{number}") for number in range(1000))), START)
    assert counted(history) == {f"/{number}": 1 for number in range(1000)}


def test_ten_thousand_routes_are_counted_in_a_bounded_number_of_rows(worker: Workers, history: History) -> None:
    storage = worker()
    for part in range(10):
        paths = [f"/{part}/{number}" for number in range(1000)]
        asked = [request(route=path) for path in paths]
        looks = [sample(route=path, name=path, statements=(path,)) for path in paths]
        storage.write(batch_of(asked, looks), START + part * 0.5)
    assert ever(history) == 10_000
    counts = counted(history)
    assert len(counts) <= 2_001
    assert counts[OTHER_ROUTES] >= 8_000
    assert len(storage.names.found) <= 4_100
    with history.engine.connect() as connection:
        for table in ("requests", "latencies", "splits", "executions"):
            assert connection.scalar(text(f"SELECT count(*) FROM profiler_{table}")) <= 2_100
        assert connection.scalar(text("SELECT sum(samples) FROM profiler_splits")) == 10_000
        assert connection.scalar(text("SELECT sum(executions) FROM profiler_executions")) == 10_000


def test_a_worker_forgets_old_buckets(worker: Workers) -> None:
    storage = worker()
    for second in range(0, 3600, 10):
        storage.write(batch(request(at=START + second)), START + second)
    assert len(storage.buckets.open) <= 4


def test_text_that_no_database_takes_does_not_stop_the_rest(worker: Workers, history: History) -> None:
    worker().write(
        batch_of(
            [request(route="/nul\0/\udcff"), request()],
            [sample(name="na\0me", statements=("SELECT '\0\udcff'",), route="/\udcff")],
            [pulse()],
            {"a\0b": 1},
            {"me\0mory": 1.0},
        ),
        START,
    )
    assert counted(history) == {"/nul/?": 1, "/a": 1}
    assert history.sample("name").sample.events[0].text == "SELECT SELECT '\0\udcff'"  # type: ignore[union-attr]


def test_an_empty_batch_is_a_sign_of_life(worker: Workers, history: History) -> None:
    worker().write(batch_of(), START + 59)
    assert [each.alive for each in history.workers(ALWAYS).workers] == [True]


def test_keeping_while_others_write_changes_no_count(worker: Workers, history: History) -> None:
    storages = [worker(f"web{number}:1:1") for number in range(3)]
    for second in range(0, 200, 7):
        now = START + second
        for storage in storages:
            with suppress(SQLAlchemyError):
                keep(storage, now)
            storage.write(batch(request(at=now)), now)
    history.clock = lambda: START + 200
    assert ever(history) == 3 * 29
