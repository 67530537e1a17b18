"""How much memory the processes of this machine or container may take."""

from collections.abc import Iterator
from pathlib import Path

from hotroute.serving.settings.cgroup_cpus import CGROUP_ROOT, PROC_CGROUP, memberships, read, upwards

MEMINFO = Path("/proc/meminfo")


def limit(proc_cgroup: Path = PROC_CGROUP, cgroup_root: Path = CGROUP_ROOT, meminfo: Path = MEMINFO) -> int | None:
    """Bytes: the lowest limit of the control groups above this process, or the machine's memory; None if unknown.

    `memory.max` (Linux, Documentation/admin-guide/cgroup-v2.rst), and `memory.limit_in_bytes` in version 1.
    """
    return min([*limits(proc_cgroup, cgroup_root), *total(meminfo)], default=None)


def limits(proc_cgroup: Path, cgroup_root: Path) -> Iterator[int]:
    for controllers, group in memberships(proc_cgroup):
        for folder in upwards(group):
            if controllers == "":
                yield from number(read(cgroup_root / folder / "memory.max"))
            elif "memory" in controllers.split(","):
                yield from number(read(cgroup_root / "memory" / folder / "memory.limit_in_bytes"))


def total(meminfo: Path) -> Iterator[int]:
    for line in read(meminfo).splitlines():
        if line.startswith("MemTotal:"):
            yield int(line.split()[1]) * 1024


def number(text: str) -> Iterator[int]:
    """`max` means that there is no limit."""
    if text.strip().isdecimal():
        yield int(text)
