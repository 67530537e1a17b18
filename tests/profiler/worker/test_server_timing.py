"""Who sends the key is told by Server-Timing where the time went; nobody else is, and no cache keeps it."""

import pytest
from flask import Flask
from sqlalchemy import MetaData

from hotroute.cache import CacheOptions, MemoryStore, hot
from hotroute.cache import init_app as put_in_front
from tests.profiler.batches import single
from tests.profiler.worker.conftest import KEY, Make, Profiled, small

pytestmark = pytest.mark.unit


def test_who_has_the_key_is_told(make: Make) -> None:
    profiled = make(small(), samples_per_second=0.0)
    told = profiled.get("/", headers={"Hotroute-Profile": KEY}).headers["Server-Timing"]
    names = [metric.partition(";")[0] for metric in told.split(", ")]
    assert names == ["total", "view", "sql", "cache", "http", "statements"]
    sample = profiled.sample()
    assert sample.view > 0
    assert not sample.chosen, "who asks for it is no chance"


@pytest.mark.parametrize("key", ["", "wrong", KEY + " ", KEY[:-1], "ä"])
def test_who_has_another_key_is_told_nothing(profiled: Profiled, key: str) -> None:
    answer = profiled.get("/", headers={"Hotroute-Profile": key})
    assert answer.status_code == 200
    assert "Server-Timing" not in answer.headers


def test_where_there_is_no_key_nobody_is_told(make: Make) -> None:
    profiled = make(small(), key="")
    assert "Server-Timing" not in profiled.get("/", headers={"Hotroute-Profile": ""}).headers


def test_it_is_never_stored(make: Make) -> None:
    app = Flask("tests")

    @app.get("/")
    @hot(tags=("a",), share="everyone")
    def index() -> str:
        return "x"

    put_in_front(app, MemoryStore(), CacheOptions((), (MetaData(),), manual_tags=("a",)))
    profiled = make(app)
    with_key = {"Hotroute-Profile": KEY}
    first, second = profiled.get("/", headers=with_key), profiled.get("/")
    assert "Server-Timing" in first.headers
    assert "Server-Timing" not in second.headers
    assert second.headers["Cache-Status"].startswith("Hotroute; hit")
    assert "Server-Timing" in profiled.get("/", headers=with_key).headers
    assert [each.cache for each in single(profiled.batch())] == ["miss", "memory hit", "memory hit"]
