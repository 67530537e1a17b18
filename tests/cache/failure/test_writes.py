"""Redis away in the middle of a write: it is a 503 before the commit and a success after it, and never stale."""

import os

import pytest

from tests.cache.failure.conftest import Scene
from tests.cache.failure.outages import Outage
from tests.cache.failure.test_outages import CASES, told

SOME = {"refused", "silent", "read-only"}
CUT = [case for case in CASES if os.environ.get("PROVE_OUTAGES") or case.id in SOME]


@pytest.mark.parametrize("mode", ["drop", "reset", "deaf", "garbage"])
@pytest.mark.parametrize("good", [0, 1])
def test_a_write_that_loses_redis_is_right(
    scene: Scene, mode: str, good: int, caplog: pytest.LogCaptureFixture
) -> None:
    """MARK is the first request and DONE the second, so `good` says which of them is lost."""
    scene.near.write_at_last("one")
    scene.far.warm("one")
    scene.far.link.breaker.period = 60
    scene.proxy.mode, scene.proxy.good = mode, good
    status = scene.far.write("two")
    assert status == 204 or not good, "it is committed by then"
    current = "two" if status == 204 else "one"
    assert scene.near.text() == scene.far.text() == current
    scene.near.warm(current)
    scene.proxy.mode = "pass"
    scene.far.link.breaker.until = 0.0
    scene.far.warm(current)
    assert told(caplog, "expires by itself") or not good


def test_a_refused_write_changes_nothing_and_holds_no_connection(scene: Scene) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    scene.proxy.refuse()
    scene.far.link.breaker.period = 60
    statuses = {scene.far.write(f"text {number}") for number in range(20)}
    assert statuses <= {503, 204}
    if statuses == {503}:
        assert scene.near.text() == "one"


@pytest.mark.fenced
@pytest.mark.parametrize("outage", CUT)
def test_with_a_fence_writes_succeed_without_redis_and_nobody_gets_an_old_answer(scene: Scene, outage: Outage) -> None:
    """PROVE_OUTAGES=1 has all of them."""
    scene.near.write_at_last("one")
    scene.far.warm("one")
    scene.near.warm("one")
    outage.begin(scene.proxy, scene.server)
    for number in range(3):
        assert scene.far.write(f"text {number}") == 204
        assert scene.near.text() == scene.far.text() == f"text {number}"
    outage.end(scene.proxy, scene.server)
    assert scene.near.text() == "text 2"
    scene.far.warm("text 2")
    scene.near.warm("text 2")
    scene.near.write_at_last("last")
    assert scene.far.text() == "last"
