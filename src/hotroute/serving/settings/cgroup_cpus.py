"""How many CPUs this process may really use: its affinity, cut by the quota of its control groups."""

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

PROC_CGROUP = Path("/proc/self/cgroup")
CGROUP_ROOT = Path("/sys/fs/cgroup")


def available(proc_cgroup: Path = PROC_CGROUP, cgroup_root: Path = CGROUP_ROOT) -> int:
    """CPUs for this process, at least 1; a part of a CPU in the quota counts as a whole one.

    The quotas are `cpu.max` of every control group above the process (Linux, Documentation/admin-guide/cgroup-v2.rst)
    and `cpu.cfs_quota_us` in version 1. Elsewhere, macOS for one, there are none.
    """
    quota = min(quotas(proc_cgroup, cgroup_root), default=math.inf)
    return max(1, min(affinity(), math.ceil(quota) if quota < math.inf else affinity()))


def affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def quotas(proc_cgroup: Path, cgroup_root: Path) -> Iterator[float]:
    """Every quota on the way up from the process's own groups, in CPUs."""
    for controllers, group in memberships(proc_cgroup):
        for folder in upwards(group):
            if controllers == "":
                yield from quota_v2(cgroup_root / folder / "cpu.max")
            elif "cpu" in controllers.split(","):
                yield from quota_v1(cgroup_root / "cpu" / folder)


def memberships(proc_cgroup: Path) -> Iterator[tuple[str, str]]:
    """`(controllers, group)` of each line `id:controllers:group` (cgroups(7)); version 2 has no controllers."""
    for line in read(proc_cgroup).splitlines():
        _, controllers, group = line.split(":", 2)
        yield controllers, group


def upwards(group: str) -> Iterator[PurePosixPath]:
    """The group and its parents, up to the root: a limit on any of them binds."""
    path = PurePosixPath(group.lstrip("/"))
    yield from (path, *path.parents)


def quota_v2(cpu_max: Path) -> Iterator[float]:
    limit, _, period = read(cpu_max).partition(" ")
    yield from in_cpus(limit, period)


def quota_v1(folder: Path) -> Iterator[float]:
    yield from in_cpus(read(folder / "cpu.cfs_quota_us"), read(folder / "cpu.cfs_period_us"))


def in_cpus(limit: str, period: str) -> Iterator[float]:
    """Both in microseconds; `max` and `-1` mean that there is no limit, and a missing file is empty."""
    if limit.strip().isdecimal() and period.strip().isdecimal():
        yield int(limit) / int(period)


def read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
