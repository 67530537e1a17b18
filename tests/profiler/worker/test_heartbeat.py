"""How a worker is: busy threads, memory, and who waits at the door."""

import socket
import threading
from pathlib import Path

import pytest
from flask import Flask

from hotroute import instrumentation
from hotroute.profiler.worker import heartbeat
from tests.profiler.batches import single
from tests.profiler.worker.conftest import Make, Profiled

pytestmark = pytest.mark.unit


def test_the_queue_of_a_listening_socket_is_counted(profiled: Profiled) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        before = heartbeat.waiting(listener.fileno())
        callers = [socket.create_connection(listener.getsockname()) for _ in range(5)]
        assert (before, heartbeat.waiting(listener.fileno())) == (0, 5)
        assert heartbeat.waiting(callers[0].fileno()) is None, "it does not listen"
        found = profiled.recorder.flusher.pulses.queue()
        assert found is not None
        assert found >= 5
        for caller in callers:
            caller.close()
        number = listener.fileno()
    assert heartbeat.waiting(number) is None


def test_a_socket_that_was_looked_at_stays_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert heartbeat.waiting(listener.fileno()) == 0
        socket.create_connection(listener.getsockname()).close()
        listener.accept()[0].close()


def test_who_looks_at_the_dashboard_is_not_among_the_requests_of_a_worker(profiled: Profiled) -> None:
    profiled.get("/profiler/")
    profiled.get("/")
    batch = profiled.batch()
    assert (batch.pulses[0].requests, len(single(batch))) == (1, 1)
    assert batch.pulses[0].busy == pytest.approx(single(batch)[0].seconds)


def test_memory_is_told_in_bytes(profiled: Profiled) -> None:
    [told] = profiled.batch().pulses
    assert 10_000_000 < told.memory < 10_000_000_000


def test_without_proc_there_is_a_number_all_the_same(profiled: Profiled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "STATM", Path("/nowhere"))
    monkeypatch.setattr(heartbeat, "DESCRIPTORS", Path("/nowhere"))
    [told] = profiled.batch().pulses
    assert told.memory > 10_000_000
    assert told.queue is None


def test_a_request_under_way_makes_a_thread_busy_before_it_has_ended(make: Make) -> None:
    app = Flask("tests")
    go_on, inside = threading.Event(), threading.Event()

    @app.get("/")
    def wait() -> str:
        inside.set()
        go_on.wait(30)
        return ""

    profiled = make(app)
    thread = threading.Thread(target=profiled.get, args=("/",))
    thread.start()
    inside.wait(30)
    [first] = profiled.batch().pulses
    [second] = profiled.batch().pulses
    go_on.set()
    thread.join()
    batch = profiled.batch()
    [last] = batch.pulses
    assert (first.in_flight, second.in_flight, last.in_flight) == (1, 1, 0)
    assert (first.requests, last.requests) == (0, 1)
    assert min(first.busy, second.busy, last.busy) > 0
    assert first.busy + second.busy + last.busy == pytest.approx(single(batch)[0].seconds, rel=0.05, abs=0.01)


def test_what_happens_outside_of_requests_is_counted(profiled: Profiled) -> None:
    profiled.batch()
    instrumentation.increment("breaker opened")
    instrumentation.increment("breaker opened")
    assert profiled.batch().counters == {"breaker opened": 2}
    assert profiled.batch().counters == {}
