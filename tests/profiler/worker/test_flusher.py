"""The flusher and its storage: whatever becomes of that, no request waits or fails, and none is counted twice."""

import logging
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from hotroute.profiler.model.results import TimeRange
from hotroute.profiler.queries.history import History
from hotroute.profiler.worker import flusher
from tests.profiler.batches import single
from tests.profiler.worker.conftest import Make, Profiled, small


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "profiler.db"


@pytest.fixture
def profiled(make: Make, file: Path) -> Profiled:
    # A lock is waited for as long as the URL says, not for the five seconds of production.
    return make(small(), url=f"sqlite:///{file}?timeout=0.05")


def flush(profiled: Profiled) -> bool:
    return profiled.recorder.flusher.flush()


def counted(file: Path) -> int:
    history = History(f"sqlite:///{file}")
    try:
        now = time.time()
        return sum(route.requests for route in history.routes(TimeRange(now - 3600, now + 60), steps=1))
    finally:
        history.close()


def test_what_was_recorded_is_in_the_history(profiled: Profiled, file: Path) -> None:
    profiled.get("/")
    profiled.get("/fails")
    assert flush(profiled)
    profiled.get("/")
    assert flush(profiled)
    assert counted(file) == 3
    now = time.time()
    [head] = profiled.recorder.history.samples(TimeRange(now - 3600, now + 60), kind="failed")
    kept = profiled.recorder.history.sample(head.id)
    assert kept is not None
    assert kept.release == "one"
    profiled.recorder.history.close()


def test_the_storage_is_kept_tidy_by_the_way(profiled: Profiled, file: Path) -> None:
    profiled.get("/")
    assert flush(profiled)
    with closing(sqlite3.connect(file)) as connection:
        added_up = "SELECT sum(count) FROM profiler_requests WHERE resolution = 60"
        for _ in range(20):
            if connection.execute(added_up).fetchone() == (1,):
                return
            assert flush(profiled)
    pytest.fail("nobody adds up what was written")


def test_a_locked_storage_gets_everything_when_it_is_free_again(
    profiled: Profiled, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    profiled.get("/")
    assert flush(profiled)
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        for _ in range(3):
            assert profiled.get("/").status_code == 200
            assert not flush(profiled)
        other.execute("ROLLBACK")
    other.close()
    assert [record.levelno for record in caplog.records] == [logging.WARNING], "an outage is told once"
    assert "storage fails" in caplog.text
    profiled.get("/")
    assert flush(profiled)
    assert counted(file) == 5
    assert "works again; 0 records were dropped" in caplog.text
    assert flush(profiled)
    assert counted(file) == 5


def test_a_full_disk_stops_nothing_and_heals_by_itself(make: Make, file: Path) -> None:
    app = small()
    for number in range(300):
        app.add_url_rule(f"/new/{number}", f"new{number}", str)
    profiled = make(app)
    profiled.get("/")
    assert flush(profiled)
    storage = profiled.recorder.flusher.storage
    assert storage is not None
    with storage.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        # SQLite refuses to grow its file, with the error of a disk without space.
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    for number in range(300):
        assert profiled.get(f"/new/{number}").status_code == 200
    assert not flush(profiled)
    assert not flush(profiled)
    with storage.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    assert flush(profiled)
    assert counted(file) == 301


def test_a_storage_that_is_not_there_yet_is_waited_for(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "mounted later"
    profiled = make(small(), url=f"sqlite:///{folder / 'profiler.db'}")
    for _ in range(3):
        profiled.get("/")
        assert not flush(profiled)
    folder.mkdir()
    assert flush(profiled)
    assert counted(folder / "profiler.db") == 3


def test_in_a_long_outage_the_oldest_are_dropped_and_told(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flusher, "MOST_HELD", 10)
    folder = tmp_path / "gone"
    profiled = make(small(), url=f"sqlite:///{folder / 'profiler.db'}", samples_per_second=0.0)
    for _ in range(8):
        for _ in range(3):
            profiled.get("/")
        assert not flush(profiled)
    held = sum(len(single(batch)) for batch in profiled.recorder.flusher.backlog)
    assert held <= 10
    folder.mkdir()
    assert flush(profiled)
    assert counted(folder / "profiler.db") == held
    assert profiled.recorder.dropped == 24 - held


def test_batches_without_requests_do_not_pile_up_for_ever(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flusher, "MOST_BATCHES", 5)
    profiled = make(small(), url="sqlite:////nowhere/at/all/profiler.db")
    for _ in range(20):
        assert not flush(profiled)
    assert len(profiled.recorder.flusher.backlog) == 5


def test_a_password_in_the_url_is_not_logged(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    profiled = make(small(), url="postgresql+psycopg://me:hunter2@127.0.0.1:1/profiler")
    profiled.get("/")
    assert not flush(profiled)
    assert "storage fails" in caplog.text
    assert "hunter2" not in caplog.text


def test_the_threads_start_with_the_first_request_and_closing_writes_the_rest(make: Make, file: Path) -> None:
    profiled = make(small())
    recorder = profiled.recorder
    recorder.running = False
    profiled.get("/")
    assert recorder.running
    for _ in range(10):
        profiled.get("/")
    recorder.close()
    assert recorder.flusher.thread is not None
    assert not recorder.flusher.thread.is_alive()
    assert counted(file) == 11


def test_a_child_tells_nothing_of_its_parents(make: Make, file: Path) -> None:
    profiled = make(small())
    profiled.get("/")
    child = os.fork()
    if child == 0:
        nothing = not profiled.recorder.running and not profiled.recorder.requests and not profiled.recorder.in_flight
        os._exit(0 if nothing else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert len(profiled.recorder.requests) == 1
