"""CPU time of a process tree in nanoseconds: clock ticks of 10 ms are too coarse for a second of load."""

from collections.abc import Iterator
from pathlib import Path

import psutil

from profiling.bench import cpu

PROC = Path("/proc")


def seconds(root: int) -> float:
    """Of all threads of the tree below `root` (Linux, Documentation/scheduler/sched-stats.rst); in ticks elsewhere.

    A thread that has ended is not in it: Gunicorn's and the profiler's live as long as their worker.
    """
    if not (PROC / str(root) / "schedstat").exists():
        return cpu.spent([root])
    return sum(nanoseconds(root)) / 1e9


def nanoseconds(root: int) -> Iterator[int]:
    for process in cpu.members(psutil.Process(root)):
        for thread in (PROC / str(process.pid) / "task").iterdir():
            yield int((thread / "schedstat").read_text().split()[0])
