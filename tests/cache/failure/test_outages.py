"""Redis away in every way: right answers, no errors, a warning that says what happened, and recovery by itself."""

import re

import pytest

from tests.cache.failure.conftest import Scene
from tests.cache.failure.outages import OUTAGES, Outage, empty, fill

READS = 4


CASES = [
    pytest.param(outage, id=outage.name, marks=[pytest.mark.own_server] if outage.everywhere else [])
    for outage in OUTAGES
]


def told(caplog: pytest.LogCaptureFixture, what: str) -> list[str]:
    messages = [record.getMessage() for record in caplog.records if record.name.startswith("hotroute.cache")]
    return [message for message in messages if re.search(what, message)]


@pytest.mark.parametrize("outage", CASES)
def test_answers_are_right_before_during_and_after(
    scene: Scene, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    scene.far.link.breaker.period = 60
    outage.begin(scene.proxy, scene.server)

    assert [scene.far.text() for _ in range(READS)] == ["one"] * READS
    current = "two" if not outage.everywhere and scene.near.write("two") == 204 else "one"
    assert [scene.far.text() for _ in range(READS)] == [current] * READS
    current = "three" if scene.far.write("three") == 204 else current
    assert [scene.far.text() for _ in range(READS)] == [current] * READS
    assert len(told(caplog, f"not usable.*({outage.told})")) == len(told(caplog, "not usable")) == 1

    outage.end(scene.proxy, scene.server)
    scene.far.link.breaker.until = 0.0
    scene.far.warm(current)
    scene.near.warm(current)
    scene.near.write_at_last("four")
    assert scene.far.text() == "four"
    scene.far.write_at_last("five")
    assert scene.near.text() == "five"


@pytest.mark.parametrize("outage", CASES)
def test_the_cache_is_used_again_by_itself(scene: Scene, outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    outage.begin(scene.proxy, scene.server)
    scene.far.text()
    assert "STORE-UNREACHABLE" in scene.far.read().headers["Cache-Status"]
    outage.end(scene.proxy, scene.server)
    scene.far.warm("one")
    assert len(told(caplog, "usable again")) >= 1


@pytest.mark.own_server
def test_a_full_redis_answers_what_it_has_and_writes_go_on(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    fill(scene.proxy, scene.server)
    assert scene.far.is_hit("one")
    assert scene.far.write("two") == 204
    for _ in range(READS):
        answer = scene.far.read()
        assert answer.json == {"text": "two"}
        assert "fwd=miss; stored=?0" in answer.headers["Cache-Status"], "no room for it, and nobody waits for another"
    assert len(told(caplog, "OOM")) == 1
    empty(scene.proxy, scene.server)
    scene.far.warm("two")


def test_answers_that_come_a_byte_at_a_time_are_answers(scene: Scene) -> None:
    scene.near.write_at_last("one")
    scene.proxy.mode = "slice"
    scene.far.warm("one")
    scene.far.write_at_last("two")
    scene.far.warm("two")


def test_every_other_connection_breaks_and_answers_are_right(scene: Scene) -> None:
    scene.proxy.mode = "flap"
    current = "one"
    scene.near.write_at_last(current)
    for number in range(6):
        scene.proxy.mode = ("reset", "flap")[number % 2]
        if scene.far.write(f"text {number}") == 204:
            current = f"text {number}"
        assert scene.far.text() == scene.near.text() == current
    scene.proxy.mode = "pass"
    scene.far.warm(current)
