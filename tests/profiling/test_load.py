"""`make profile`: the same calls for the same number, and a report that stands alone."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from profiling.load import mix, numbers, report, running, spy
from profiling.load.mix import Ask, User
from profiling.load.report import Run
from profiling.load.running import Done, Load
from profiling.load.spy import Stacks
from profiling.load.world import Person, World, pick

from tests.profiler.advice.made import advised, evidence, route, statement
from tests.servers import ROOT, clean_environment

WORLD = World(
    slugs=tuple(f"slug-{number}" for number in range(50)),
    names=("anna", "ben"),
    tags=("one", "two"),
    people=(Person("anna", "token"), Person("ben", "token")),
)


def calls(seed: int, count: int = 300) -> list[Ask]:
    user = User(WORLD, WORLD.people[0], 0, Random(seed))
    return [mix.choose(user) for _ in range(count)]


def load(seed: int) -> list[list[Ask]]:
    """What each of two connections calls."""
    return [[mix.choose(user) for _ in range(100)] for user in running.users(WORLD, Load(seed, 2, 100, 1))]


def test_the_same_number_makes_the_same_calls() -> None:
    assert load(1) == load(1)
    assert load(1) != load(2)
    assert load(1)[0] != load(1)[1]


def test_most_calls_read_and_some_write() -> None:
    reads = sum(call.method == "GET" for call in calls(1, 3000))
    assert 0.8 < reads / 3000 < 0.97


def test_every_kind_of_call_is_made() -> None:
    rows = re.compile(r"slug-\d+|anna|ben|[0-9a-f]{8}")
    names = {rows.sub("ROW", f"{call.method} {call.path}") for call in calls(1, 3000)}
    assert {"GET /api/articles/feed", "GET /api/tags", "POST /api/articles", "POST /api/users"} <= names
    assert "DELETE /api/profiles/ROW/follow" in names


def test_popular_rows_are_asked_for_more_often() -> None:
    random = Random(1)
    picked = [pick(random, WORLD.slugs) for _ in range(2000)]
    assert picked.count("slug-0") > 20 * picked.count("slug-49")


def test_what_was_made_can_be_changed_and_deleted() -> None:
    user = User(WORLD, WORLD.people[0], 0, Random(1))
    mix.remember(user, mix.publish(user), {"article": {"slug": "my-own"}})
    assert mix.change(user).path == "/api/articles/my-own"
    assert mix.delete(user).path == "/api/articles/my-own"
    assert mix.delete(user).method == "POST"


HOSTILE = "<script>alert('x')</script>"


def run(baseline: numbers.Baseline | None = None) -> Run:
    made = evidence(
        route(f"/{HOSTILE}"), route("/page"), statements=(replace(statement(21), text=HOSTILE, place=HOSTILE),)
    )
    return Run(
        done=Done(1000.0, 1010.0, wrong=[HOSTILE]),
        routes=[*made.details, replace(made.details[0], summary=route("/page"), statements=())],
        advice=advised(route(f"/{HOSTILE}"), statements=(statement(21),)),
        stacks=Stacks(folded=f"a.py:1 {HOSTILE};b.py:2 inner 7\n"),
        facts={"date": "today", "load": "a load", "CPU": "fast"},
        baseline=baseline,
    )


def test_the_report_needs_nothing_else() -> None:
    html = report.html(run())
    assert "<html" in html
    assert not re.search(r"<script|<link|<img|<iframe|@import|url\(|\bsrc=|https?://", html)


def test_nothing_that_was_measured_is_taken_for_html() -> None:
    html = report.html(run())
    assert HOSTILE not in html
    assert html.count("&lt;script&gt;") >= 5


def test_the_report_has_routes_statements_advice_and_the_flame_graph() -> None:
    html = report.html(run())
    assert "these 21 statements are one query" in html
    assert "GET /page" in html
    assert "b.py:2 inner" in html
    assert "There is no baseline" in html


def test_where_there_is_no_flame_graph_the_report_says_why() -> None:
    without = replace(run(), stacks=Stacks(why="py-spy said: no"))
    assert "There is none: py-spy said: no." in report.html(without)


def test_a_route_that_became_slower_is_told_beside_the_baseline() -> None:
    before = {each.name: replace(each.numbers, p95=each.numbers.p95 / 3) for each in report.lines(run())}
    html = report.html(run(numbers.Baseline({"date": "yesterday", "load": "a load", "CPU": "fast"}, 50.0, before)))
    assert '<small class="worse">' in html
    assert "3.00</small>" in html
    assert "yesterday" in html


def test_a_baseline_that_was_run_otherwise_is_not_compared_with_and_the_report_says_so() -> None:
    before = {each.name: replace(each.numbers, p95=each.numbers.p95 / 3) for each in report.lines(run())}
    html = report.html(run(numbers.Baseline({"date": "yesterday", "load": "another", "CPU": "fast"}, 50.0, before)))
    assert "yesterday) was run otherwise" in html
    assert "load was “another” and is “a load”" in html
    assert 'class="worse"' not in html
    assert "in the baseline" not in html


def test_a_percentile_of_few_requests_is_not_compared() -> None:
    (line,) = [each for each in report.lines(run()) if each.name == "GET /page"]
    few = replace(line.numbers, requests=199, p95=line.numbers.p95 / 3)
    assert replace(line, before=few).cell("p95").change == ""
    assert replace(line, before=replace(few, requests=200)).cell("p95").worse


def test_a_baseline_is_read_as_it_was_saved(tmp_path: Path) -> None:
    saved = report.baseline_of(run())
    saved.save(tmp_path / "baseline.json")
    read = numbers.load(tmp_path / "baseline.json")
    assert read
    assert set(read.routes) == {f"GET /{HOSTILE}", "GET /page"}
    assert read.routes["GET /page"].p95 == pytest.approx(0.04)
    assert numbers.load(tmp_path / "none.json") is None


def test_stacks_are_those_of_requests() -> None:
    folded = (
        'process 7:"gunicorn";Thread.run (threading.py:982);ThreadWorker.handle_request (gunicorn/gthread.py:771);'
        "Flask.__call__ (flask/app.py:1536) 12\n"
        'process 7:"gunicorn";Thread.run (threading.py:982);Condition.wait (threading.py:331) 900\n'
    )
    assert spy.tidied(folded) == "flask/app.py:1536 Flask.__call__ 12\n"


def test_what_the_system_does_not_allow_is_said_with_what_helps() -> None:
    assert "Permission Denied" in spy.reason("py-spy> Sampling\nError: Permission Denied: try root\n")
    assert "SYS_PTRACE" in spy.reason("")


def test_the_load_runs_and_writes_its_report(tmp_path: Path) -> None:
    options = ["--articles", "300", "--connections", "2", "--calls", "80", "--results", str(tmp_path)]
    options += ["--baseline", str(tmp_path / "baseline.json"), "--save-baseline"]
    command = [sys.executable, "-m", "profiling.load", *options]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=clean_environment(), timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "160 requests" in done.stdout
    known = numbers.load(tmp_path / "baseline.json")
    assert known
    assert known.routes["GET /api/articles"].requests > 20
    assert known.routes["GET /api/articles"].errors == 0
    assert "GET /api/articles" in (tmp_path / "profile.html").read_text()
