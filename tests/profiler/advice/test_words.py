"""Numbers as people read them, how much memory there is, and advice that would repeat itself."""

from dataclasses import replace
from pathlib import Path

import pytest

from hotroute.profiler.advice import memory_limit, words
from hotroute.profiler.advice.advise import MOST
from tests.profiler.advice.made import CALM, advised, route

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0000842, "84.2 us"), (0.012, "12 ms"), (2.5, "2.5 s"), (90, "90 s"), (192, "3.2 min"), (9000, "2.5 h")],
)
def test_durations_have_a_unit_that_fits(seconds: float, said: str) -> None:
    assert words.duration(seconds) == said


def test_what_is_little_does_not_look_like_nothing() -> None:
    assert (words.percent(0.003), words.percent(0.0), words.percent(0.08)) == ("under 1 %", "0 %", "8 %")
    assert (words.count(0.04), words.count(1234.5), words.count(3.14159)) == ("0.04", "1,234", "3.1")


def test_a_number_is_shown_by_its_name() -> None:
    assert words.number("wall_seconds", 0.012) == "12 ms"
    assert words.number("cpu_share", 0.08) == "8 %"
    assert words.number("threads", 8) == "8"
    assert words.number("place", "a.py:1 f") == "a.py:1 f"


def test_one_is_not_many() -> None:
    assert (words.many(1, "worker"), words.many(2000, "worker")) == ("1 worker", "2,000 workers")


def test_a_long_statement_is_cut() -> None:
    assert words.shortened("SELECT\n  1", 20) == "SELECT 1"
    assert len(words.shortened("x" * 500, 100)) == 100


def test_memory_is_what_the_tightest_limit_leaves(tmp_path: Path) -> None:
    """Version 2: the group's own limit is above its parent's."""
    groups, root = tmp_path / "cgroup", tmp_path / "fs"
    groups.write_text("0::/parent/own\n")
    (root / "parent" / "own").mkdir(parents=True)
    (root / "parent" / "own" / "memory.max").write_text("max\n")
    (root / "parent" / "memory.max").write_text("2000000\n")
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:       4000 kB\nMemFree: 1 kB\n")
    assert memory_limit.limit(groups, root, meminfo) == 2_000_000
    (root / "parent" / "memory.max").write_text("max\n")
    assert memory_limit.limit(groups, root, meminfo) == 4000 * 1024


def test_memory_of_version_1_is_found_too(tmp_path: Path) -> None:
    groups, root = tmp_path / "cgroup", tmp_path / "fs"
    groups.write_text("3:memory:/own\n2:cpu:/other\n")
    (root / "memory" / "other").mkdir(parents=True)
    (root / "memory" / "other" / "memory.limit_in_bytes").write_text("1\n")
    (root / "memory" / "own").mkdir(parents=True)
    (root / "memory" / "own" / "memory.limit_in_bytes").write_text("3000000\n")
    assert memory_limit.limit(groups, root, tmp_path / "none") == 3_000_000


def test_memory_that_nobody_tells_of_is_not_known(tmp_path: Path) -> None:
    assert memory_limit.limit(tmp_path / "none", tmp_path, tmp_path / "none") is None


def test_of_many_routes_with_the_same_trouble_a_few_are_told_one_by_one_and_the_others_together() -> None:
    missed = [route(f"/{number}/<id>", cache={"miss": 5000 - number, "redis hit": 10}) for number in range(30)]
    alike = [each for each in advised(*missed) if each.kind in {"unmark", "misses"}]
    assert [each.route != "" for each in alike] == [True] * MOST + [False]
    assert alike[-1].numbers == {"routes": 30 - MOST}
    told = " ".join([alike[-1].text, *(each.title for each in alike)])
    assert all(f"/{number}/<id>" in told for number in range(30))
    assert alike[-1].do == alike[0].do


def test_threads_are_whole_ones() -> None:
    [found] = [each for each in advised(route(), peak=replace(CALM, concurrency=0.1)) if each.kind == "gunicorn"]
    assert "that needs 1 thread on a host" in found.text
