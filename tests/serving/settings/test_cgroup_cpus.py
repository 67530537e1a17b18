"""CPUs are counted on made-up control groups; the files look as Linux writes them."""

import os
from pathlib import Path

import pytest

from hotroute.serving import threads, workers
from hotroute.serving.settings import cgroup_cpus
from hotroute.settings import SettingError

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def eight_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


def count(root: Path, membership: str, files: dict[str, str]) -> int:
    proc = root / "cgroup"
    proc.write_text(membership)
    for name, content in files.items():
        (root / "fs" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "fs" / name).write_text(content)
    return cgroup_cpus.available(proc, root / "fs")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8),
        ({"app/cpu.max": "max 100000\n"}, 8),
        ({"app/cpu.max": "200000 100000\n"}, 2),
        ({"app/cpu.max": "150000 100000\n"}, 2),
        ({"app/cpu.max": "1000 100000\n"}, 1),
        ({"app/cpu.max": "900000 100000\n"}, 8),
        ({"app/cpu.max": "nonsense\n"}, 8),
    ],
)
def test_a_quota_of_version_2_cuts_the_cpus(tmp_path: Path, files: dict[str, str], expected: int) -> None:
    assert count(tmp_path, "0::/app\n", files) == expected


def test_the_quota_of_a_parent_binds_too(tmp_path: Path) -> None:
    files = {"pod/app/cpu.max": "800000 100000\n", "pod/cpu.max": "300000 100000\n"}
    assert count(tmp_path, "0::/pod/app\n", files) == 3


def test_a_container_that_only_sees_the_root_of_its_group_is_cut(tmp_path: Path) -> None:
    assert count(tmp_path, "0::/hidden/by/the/host\n", {"cpu.max": "100000 100000\n"}) == 1


def test_a_quota_of_version_1_cuts_the_cpus(tmp_path: Path) -> None:
    files = {"cpu/app/cpu.cfs_quota_us": "400000\n", "cpu/app/cpu.cfs_period_us": "100000\n"}
    assert count(tmp_path, "9:memory:/app\n4:cpu,cpuacct:/app\n", files) == 4


def test_no_quota_of_version_1_is_written_as_minus_one(tmp_path: Path) -> None:
    files = {"cpu/app/cpu.cfs_quota_us": "-1\n", "cpu/app/cpu.cfs_period_us": "100000\n"}
    assert count(tmp_path, "4:cpu:/app\n", files) == 8


def test_a_system_without_control_groups_counts_its_cpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert cgroup_cpus.available(tmp_path / "missing", tmp_path / "missing") == 6


def test_there_is_a_worker_for_each_cpu_and_never_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroup_cpus, "available", lambda: 5)
    assert workers({}) == 5
    monkeypatch.setattr(cgroup_cpus, "available", lambda: 1)
    assert workers({}) == 2


def test_the_environment_sets_workers_and_threads() -> None:
    environ = {"GUNICORN_WORKERS": "7", "GUNICORN_THREADS": "3"}
    assert (workers(environ), threads(environ)) == (7, 3)


@pytest.mark.parametrize("text", ["0", "-1", "many", "2.5"])
def test_an_impossible_number_of_workers_is_named(text: str) -> None:
    with pytest.raises(SettingError, match=r"^GUNICORN_WORKERS: "):
        workers({"GUNICORN_WORKERS": text})
