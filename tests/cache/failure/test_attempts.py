"""How often Redis is tried while it is away, counted; a time would say more about the machine than about the code."""

import threading
from collections.abc import Callable
from time import monotonic

import pytest

from hotroute.cache.redis_client.circuit_breaker import CircuitBreaker
from hotroute.cache.redis_client.endpoint import Address, Endpoint
from tests.cache.failure.conftest import Notes, Scene
from tests.cache.failure.test_outages import told

FOR_EVER = 1e6


class Counted:
    """A place that knows how often the way there was asked for."""

    def __init__(self, place: Endpoint) -> None:
        self.place, self.count = place, 0

    def locate(self, deadline: float) -> Address:
        self.count += 1
        return self.place.locate(deadline)


def counted(notes: Notes) -> Counted:
    notes.link.pool.place = place = Counted(notes.link.pool.place)
    return place


def test_a_refused_redis_is_tried_once_in_a_period(scene: Scene) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    scene.far.link.breaker.period = FOR_EVER
    place = counted(scene.far)
    scene.proxy.refuse()
    for _ in range(50):
        assert scene.far.text() == "one"
    assert place.count == 1
    scene.far.link.breaker.until = monotonic()
    for _ in range(50):
        assert scene.far.text() == "one"
    assert place.count == 2, "one who tries again, when the period is over"


def test_a_silent_redis_is_waited_for_once_by_each_request_in_flight(scene: Scene) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    scene.far.link.breaker.period = FOR_EVER
    scene.far.link.pool.disconnect()
    scene.proxy.mode = "drop"
    before = scene.proxy.requests
    together([lambda: scene.far.text() == "one"] * 6)
    waited = scene.proxy.requests - before
    assert 1 <= waited <= 6, "no request waits twice"
    for _ in range(20):
        assert scene.far.text() == "one"
    assert scene.proxy.requests - before == waited, "and who comes later does not wait"
    scene.far.link.breaker.until = monotonic()
    together([lambda: scene.far.text() == "one"] * 6)
    assert scene.proxy.requests - before == waited + 1, "one who tries, whoever else is there"


def together(calls: list[Callable[[], bool]]) -> None:
    right: list[bool] = []
    threads = [threading.Thread(target=lambda call=call: right.append(call())) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * len(calls)


def test_an_answer_that_dribbles_is_given_up_at_the_deadline(scene: Scene) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    scene.far.link.breaker.period = FOR_EVER
    scene.proxy.mode, scene.proxy.pause = "dribble", scene.far.link.timeout / 4
    assert scene.far.text() == "one"
    assert scene.far.link.breaker.until, "each byte was in time, and the answer was not"


def test_one_outage_is_told_once_however_many_meet_it(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    scene.far.link.breaker.period = FOR_EVER
    scene.proxy.mode = "drop"
    together([lambda: scene.far.text() == "one"] * 6)
    scene.far.link.breaker.until = monotonic()
    scene.far.text()
    assert len(told(caplog, "not usable")) == 1
    scene.proxy.mode = "pass"
    scene.far.link.breaker.until = monotonic()
    scene.far.text()
    assert len(told(caplog, "usable again")) == 1


def test_what_was_asked_before_the_failure_does_not_end_the_outage() -> None:
    breaker = CircuitBreaker(FOR_EVER)
    early, other = breaker.allow(), breaker.allow()
    assert early is not None
    assert other is not None
    assert breaker.failed(early)
    assert not breaker.succeeded(other)
    assert breaker.allow() is None


def test_what_was_asked_before_the_recovery_does_not_begin_an_outage() -> None:
    breaker = CircuitBreaker(FOR_EVER)
    early, late = breaker.allow(), breaker.allow()
    assert early is not None
    assert late is not None
    breaker.failed(early)
    breaker.until = monotonic()
    trying = breaker.allow()
    assert trying is not None
    assert breaker.succeeded(trying)
    assert not breaker.failed(late)
    assert breaker.allow() is not None


def test_only_one_tries_when_a_period_is_over() -> None:
    breaker = CircuitBreaker(FOR_EVER)
    breaker.failed(breaker.allow() or 0)
    breaker.until = monotonic()
    asked = [breaker.allow() for _ in range(5)]
    assert [turn is not None for turn in asked] == [True, False, False, False, False]
