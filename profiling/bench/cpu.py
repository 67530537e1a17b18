"""CPU time of whole process trees, as the kernel keeps it."""

from collections.abc import Iterable

import psutil


def spent(roots: Iterable[int]) -> float:
    """User and system seconds that the trees below the process ids have used since they started.

    Raises:
        psutil.NoSuchProcess: a root has ended.
    """
    return sum(spent_by_tree(psutil.Process(root)) for root in roots)


def spent_by_tree(root: psutil.Process) -> float:
    """A child that has ended counts with its parent, once waited for (proc_pid_stat(5), cutime and cstime)."""
    while True:
        tree = members(root)
        try:
            times = [process.cpu_times() for process in tree]
        except psutil.NoSuchProcess:
            continue
        # A process that ended meanwhile could be in both sums, or in neither: look again.
        if members(root) == tree:
            return sum(time.user + time.system + time.children_user + time.children_system for time in times)


def members(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]
