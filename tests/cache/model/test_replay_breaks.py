"""The replay notices what it is there for: with the code broken like another protocol, that one's schedule is stale."""

from collections.abc import Iterator
from typing import Any

import pytest

from hotroute.cache.store import redis
from hotroute.cache.store.redis import RedisStore
from tests.cache.model import broken
from tests.cache.model.explore import explore
from tests.cache.model.players import OwnServer, Stale, own_server
from tests.cache.model.protocol import BROKEN
from tests.cache.model.steps import Model
from tests.cache.model.test_replay import on_own, replay, replay_commits


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnServer]:
    with own_server(tmp_path_factory.mktemp("server")) as running:
        yield running


def replay_shortest(name: str, server: OwnServer) -> None:
    """What breaks A in the model."""
    model = Model(BROKEN[name].protocol, BROKEN[name].scenario, "A")
    schedule = explore(model.start(), model.moves, model.wrong, model.same).schedule
    with on_own(server) as stage:
        replay(stage, BROKEN[name].scenario, schedule, exact=False)


@pytest.mark.parametrize("name", broken.SCRIPTS)
def test_broken_scripts_are_found(name: str, server: OwnServer, monkeypatch: pytest.MonkeyPatch) -> None:
    replay_shortest(name, server)
    for script, changed in broken.scripts(name).items():
        monkeypatch.setattr(redis, script, changed)
    with pytest.raises(Stale):
        replay_shortest(name, server)


def nothing(*_arguments: Any, **_options: Any) -> None:
    pass


def test_a_writer_that_does_not_mark_is_found(server: OwnServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RedisStore, "mark", nothing)
    with pytest.raises(Stale):
        replay_shortest("bump only after the commit", server)


def test_the_sessions_events_in_place_of_the_engines_are_found(database_url: str, redis_url: str) -> None:
    name = "bump only after the commit"
    model = Model(BROKEN[name].protocol, BROKEN[name].scenario, "A")
    schedule = explore(model.start(), model.moves, model.wrong, model.same).schedule
    replay_commits(database_url, redis_url, BROKEN[name].scenario, schedule, exact=False)
    with broken.session_events(), pytest.raises(Stale):
        replay_commits(database_url, redis_url, BROKEN[name].scenario, schedule, exact=False)
