"""Flask-Profiler's JSON API, answered from our history: what people built on it works, and what was unsafe does not."""

import json
import re
import time
from typing import Any

import pytest
from flask import Flask

from hotroute.profiler.model.records import Request
from tests.profiler.batches import batch_of
from tests.profiler.worker.conftest import PASSWORD, Make, Profiled, small

ROOT = "/profiler/classic"
LOGIN = ("admin", PASSWORD)


@pytest.fixture
def told(make: Make) -> Profiled:
    """Thirteen requests, all of them recorded."""
    profiled = make(small())
    for _ in range(10):
        profiled.get("/")
    profiled.call("POST", "/upload", data=b"x")
    profiled.get("/fails")
    profiled.get("/nowhere")
    assert profiled.recorder.flusher.flush()
    return profiled


def ask(profiled: Profiled, path: str) -> Any:
    answer = profiled.get(f"{ROOT}/{path}", auth=LOGIN)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_measurements_are_grouped_by_route_and_method(told: Profiled) -> None:
    found = ask(told, "api/measurements/grouped?sort=count,desc")["measurements"]
    assert {(each["method"], each["name"]): each["count"] for each in found} == {
        ("GET", "/"): 10,
        ("POST", "/upload"): 1,
        ("GET", "/fails"): 1,
        ("GET", "(no route)"): 1,
    }
    assert found[0]["count"] == 10
    assert all(0 < each["minElapsed"] <= each["avgElapsed"] <= each["maxElapsed"] for each in found)
    slowest = ask(told, "api/measurements/grouped?sort=maxElapsed,asc")["measurements"]
    assert [each["maxElapsed"] for each in slowest] == sorted(each["maxElapsed"] for each in slowest)


def test_single_measurements_are_found_by_method_name_and_time(told: Profiled) -> None:
    [found] = ask(told, "api/measurements/?method=POST&name=/upload")["measurements"]
    assert (found["name"], found["method"], found["context"]["status"]) == ("/upload", "POST", 200)
    assert found["endedAt"] == pytest.approx(found["startedAt"] + found["elapsed"])
    assert ask(told, f"api/measurements/{found['id']}")["context"]["events"] == 0
    every = ask(told, "api/measurements/")["measurements"]
    assert {each["name"] for each in every} == {"/", "/upload", "/fails", "(no route)"}
    assert ask(told, "api/measurements/?limit=2&skip=1")["measurements"] == every[1:3]
    assert ask(told, "api/measurements/?elapsed=1000")["measurements"] == []
    assert ask(told, f"api/measurements/?endedAt={time.time() - 3600}")["measurements"] == []


def test_a_measurement_that_is_not_there_is_404(told: Profiled) -> None:
    assert told.get(f"{ROOT}/api/measurements/nothing", auth=LOGIN).status_code == 404


@pytest.mark.parametrize("interval", ["hourly", "daily"])
def test_the_time_series_has_every_step_and_every_request(told: Profiled, interval: str) -> None:
    series = ask(told, f"api/measurements/timeseries/?interval={interval}&startedAt={time.time() - 3 * 86400}")[
        "series"
    ]
    assert sum(series.values()) == 13
    assert len(series) in ({4} if interval == "daily" else {72, 73})


def test_every_answer_about_a_span_is_about_that_span_and_in_the_hour_in_which_it_was(make: Make) -> None:
    profiled = make(small())
    storage, now = profiled.recorder.flusher.opened(), time.time()
    for hours, count in ((150, 4000), (30, 300), (3, 20), (0, 1)):
        at = now - hours * 3600
        storage.write(batch_of([Request(at, "/", "GET", 200, "", 0.001)] * count), at)
    while not storage.keep(now, budget=60):
        pass
    span = f"startedAt={now - 4 * 3600}&endedAt={now - 2 * 3600}"
    [grouped] = ask(profiled, f"api/measurements/grouped?{span}")["measurements"]
    assert grouped["count"] == 20
    assert ask(profiled, f"api/measurements/methodDistribution/?{span}")["distribution"] == {"GET": 20}
    series = ask(profiled, "api/measurements/timeseries/?interval=hourly")["series"]
    found = {hour: count for hour, count in series.items() if count}
    assert sorted(found.values()) == [1, 20, 300, 4000]
    for hour, count in found.items():
        told = time.mktime(time.strptime(hour, "%Y-%m-%d %H"))
        hours = {1: 0, 20: 3, 300: 30, 4000: 150}[count]
        assert told <= now - hours * 3600 < told + 2 * 3600, "an old hour is kept with the one after it"


def test_methods_are_counted(told: Profiled) -> None:
    assert ask(told, "api/measurements/methodDistribution/")["distribution"] == {"GET": 12, "POST": 1}


def test_the_summary_can_be_downloaded(told: Profiled) -> None:
    answer = told.get(f"{ROOT}/db/dumpDatabase", auth=LOGIN)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert len(json.loads(answer.data)["summary"]) == 4


def test_before_anything_is_recorded_it_says_so(make: Make) -> None:
    answer = make(small()).get(f"{ROOT}/api/measurements/grouped", auth=LOGIN)
    assert answer.status_code == 503
    assert "nothing was recorded" in answer.text


PATHS = ["/", "/api/measurements/", "/api/measurements/grouped", "/api/measurements/1", "/db/deleteDatabase",
         "/api/measurements/timeseries/", "/api/measurements/methodDistribution/", "/db/dumpDatabase",
         "/static/dist/js/main.js"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_nobody_sees_anything_without_the_password(told: Profiled, path: str) -> None:
    for login in (None, ("admin", "wrong"), ("somebody", PASSWORD), ("", "")):
        assert told.get(ROOT + path, auth=login).status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_link_deletes_nothing(told: Profiled, method: str) -> None:
    before = ask(told, "api/measurements/")
    assert told.call(method, f"{ROOT}/db/deleteDatabase", auth=LOGIN).status_code == 405
    assert ask(told, "api/measurements/") == before


@pytest.mark.parametrize(
    "value",
    ["1 OR 1=1", "'; DROP TABLE profiler_requests; --", "1 UNION SELECT 1", "NaN", "-1", "1e999", "\0", "x" * 2000],
)
def test_no_criterion_is_more_than_a_value(told: Profiled, value: str) -> None:
    before = ask(told, "api/measurements/")
    for name in ("startedAt", "endedAt", "elapsed", "method", "name", "skip", "limit", "sort"):
        for path in ("", "grouped", "timeseries/", "methodDistribution/"):
            answer = told.get(f"{ROOT}/api/measurements/{path}", query_string={name: value}, auth=LOGIN)
            assert answer.status_code == 200, (name, path)
    answer = told.get(f"{ROOT}/api/measurements/{value.replace('/', '')}", auth=LOGIN)
    assert answer.status_code == 404
    assert ask(told, "api/measurements/") == before


def test_a_span_of_all_times_is_answered_in_bounds(told: Profiled) -> None:
    series = ask(told, "api/measurements/timeseries/?startedAt=0&interval=hourly")["series"]
    assert len(series) < 10_000


def test_no_string_of_a_measurement_can_leave_an_attribute(make: Make) -> None:
    profiled = make(small(), release="'><script>alert(1)</script>")
    profiled.get("/", headers={"User-Agent": "'><script>alert(1)</script>"})
    assert profiled.recorder.flusher.flush()
    [found] = ask(profiled, "api/measurements/")["measurements"]
    assert not set("'\"<>&") & set(json.dumps(list(found["context"].values())).replace('"', ""))


def test_the_page_runs_no_script_but_its_own(told: Profiled) -> None:
    answer = told.get(f"{ROOT}/", auth=LOGIN)
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert "<iframe" not in answer.text
    assert "ghbtns" not in answer.text
    assert "delete-database" not in answer.text
    assert "<script>" not in answer.text
    [icon] = re.findall(r'<link rel="icon" href="([^"]+)"', answer.text)
    with told.client.get(icon) as found:
        assert (found.status_code, found.mimetype) == (200, "image/svg+xml")
    assert answer.headers["Cache-Control"] == "no-store"


def test_each_application_shows_its_own(make: Make, tmp_path: Any) -> None:
    one = make(small(), url=f"sqlite:///{tmp_path / 'one.db'}")
    other = make(small(), url=f"sqlite:///{tmp_path / 'other.db'}", password="of the other")
    one.get("/")
    for profiled in (one, other):
        assert profiled.recorder.flusher.flush()
    assert len(ask(one, "api/measurements/")["measurements"]) == 1
    assert one.get(f"{ROOT}/", auth=("admin", "of the other")).status_code == 401
    answer = other.get(f"{ROOT}/api/measurements/", auth=("admin", "of the other"))
    assert answer.json == {"measurements": []}


def test_it_moves_with_its_root(make: Make) -> None:
    profiled = make(Flask("tests"), root="hidden")
    assert profiled.get("/hidden/classic/", auth=LOGIN).status_code == 200
    assert profiled.get("/profiler/classic/", auth=LOGIN).status_code == 404
