"""Conduit under its profiler: what its routes ask of the database and the cache, and who may see that."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from conduit.config import Settings
from conduit.extensions import db
from hotroute.profiler.model.records import Batch
from hotroute.profiler.options import EXTENSION
from hotroute.profiler.worker.recorder import Recorder
from tests import databases
from tests.api import Api, running
from tests.profiler.batches import single

PASSWORD = "a password for tests"


@pytest.fixture
def profiled(settings: Settings, tmp_path: Path) -> Iterator[Api]:
    """Conduit with a profiler whose flusher is the test."""
    changes = {
        "profiler_enabled": True,
        "profiler_url": f"sqlite:///{tmp_path / 'profiler.db'}",
        "profiler_password": SecretStr(PASSWORD),
        "profiler_samples_per_second": 10_000.0,
    }
    with running(settings, **changes) as api:
        with api.client.application.app_context():
            databases.empty(db.engine)
        recorder(api).running = True
        yield api
        recorder(api).running = False
        recorder(api).history.close()


def recorder(api: Api) -> Recorder:
    found: Recorder = api.client.application.extensions[EXTENSION]
    return found


def batch(api: Api) -> Batch:
    return recorder(api).flusher.collect()


def test_a_write_is_recorded_with_its_statements_and_no_word_of_it(profiled: Api) -> None:
    ann = profiled.register("Ann")
    batch(profiled)
    article = profiled.publish(ann, "Dragons of the deep")
    told = batch(profiled)
    [sample] = told.samples
    assert (sample.request.method, sample.request.route, sample.request.status) == ("POST", "/api/articles", 201)
    texts = [event.text for event in sample.events if event.kind == "sql"]
    assert any(text.startswith("INSERT INTO articles") for text in texts)
    assert texts[-1] == "COMMIT"
    places = {event.place.split("/")[0] for event in sample.events if event.kind == "sql"}
    assert places == {"conduit"}
    assert {event.text for event in sample.events if event.kind == "cache"} >= {"mark", "done"}
    assert sample.view > 0
    kept = repr(told).lower()
    assert [word for word in ("dragons", "ann", article["slug"], ann.token.lower()) if word in kept] == []


def test_a_read_becomes_a_hit_of_the_same_route(profiled: Api) -> None:
    ann = profiled.register("Ann")
    slug = profiled.publish(ann)["slug"]
    batch(profiled)
    outcomes = list[str]()
    while "redis hit" not in outcomes:
        recorder(profiled).refill(1.0)
        profiled.read(f"/articles/{slug}")
        told = batch(profiled)
        outcomes += [request.cache for request in single(told)]
        assert {request.route for request in single(told)} == {"/api/articles/<slug>"}
    assert set(outcomes) == {"miss", "redis hit"}
    [hit] = told.samples
    assert hit.view == 0.0
    assert [event.kind for event in hit.events] == ["cache"]


def test_what_it_recorded_is_shown_to_who_has_the_password_alone(profiled: Api) -> None:
    profiled.register("Ann")
    assert recorder(profiled).flusher.flush()
    path = "/profiler/classic/api/measurements/grouped"
    assert profiled.client.get(path).status_code == 401
    answer = profiled.client.get(path, auth=("admin", PASSWORD))
    assert [each["name"] for each in answer.json["measurements"]] == ["/api/users"]  # type: ignore[index]
    assert profiled.client.get("/profiler/", auth=("admin", PASSWORD)).status_code == 200
