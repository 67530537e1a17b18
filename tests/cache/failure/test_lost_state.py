"""A Redis that lost, or brought back, what it knew: nothing is trusted that a lost mark could make wrong."""

import pytest

from tests.cache.failure.conftest import Scene
from tests.cache.failure.test_outages import told

pytestmark = pytest.mark.own_server


def status(scene: Scene) -> str:
    return scene.far.read().headers["Cache-Status"]


def test_a_redis_that_restarts_empty_is_not_trusted_at_once_and_then_used(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    scene.server.kill()
    assert scene.far.text() == "one"
    scene.server.start()
    scene.far.link.breaker.until = 0.0
    assert "INVALIDATING" in status(scene)
    scene.far.warm("one")
    scene.near.write_at_last("two")
    assert scene.far.text() == "two"
    assert len(told(caplog, "restarted")) == 2, "once by each of the two links"


def test_a_redis_that_comes_back_with_an_old_snapshot_answers_nothing_from_it(scene: Scene) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    scene.server.call("SAVE")
    scene.near.write_at_last("two")
    scene.far.warm("two")
    scene.server.kill()
    scene.server.start()
    assert scene.server.call("DBSIZE"), "the snapshot is there"
    for _ in range(20):
        assert scene.far.text() == "two"
    scene.far.link.breaker.until = 0.0
    scene.far.warm("two")
    scene.near.write_at_last("three")
    assert scene.far.text() == "three"


@pytest.mark.parametrize("command", ["FLUSHALL", "FLUSHDB"])
def test_a_redis_that_was_flushed_is_not_trusted_at_once_and_then_used(scene: Scene, command: str) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    scene.server.call(command)
    assert "INVALIDATING" in status(scene)
    scene.far.warm("one")
    scene.near.write_at_last("two")
    assert scene.far.text() == "two"


def test_scripts_that_were_flushed_are_sent_again(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    for before, text in (("one", "two"), ("two", "three")):
        scene.server.call("SCRIPT", "FLUSH")
        assert scene.far.is_hit(before)
        scene.server.call("SCRIPT", "FLUSH")
        assert scene.far.write(text) == 204
        scene.server.call("SCRIPT", "FLUSH")
        scene.far.warm(text)
    assert not told(caplog, "")


def test_a_primary_that_was_demoted_answers_nothing_though_it_has_the_answer(scene: Scene) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    connections = scene.proxy.connections
    # Sentinel would close its connections too; by hand they stay, and the run id with them.
    scene.server.call("REPLICAOF", "127.0.0.1", scene.proxy.port)
    assert "; hit" not in status(scene)
    assert scene.proxy.connections >= connections
    scene.server.call("REPLICAOF", "NO", "ONE")
    scene.far.warm("one")
