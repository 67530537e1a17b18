"""Stops what a killed supervisor leaves behind: a process of its own that notices when the other end of a pipe is gone.

Run as a script; it needs nothing but the standard library. Each line on standard input is `+ID` or `-ID`: a process
group that was started, or that has ended.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

GRACE = 10.0
"""Seconds between TERM and KILL."""


def surviving_groups(lines: Iterable[str]) -> set[int]:
    """The groups that were started and have not ended when the lines do."""
    left: set[int] = set()
    for line in lines:
        group = int(line[1:])
        left = left | {group} if line.startswith("+") else left - {group}
    return left


def alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def send(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def stop(groups: set[int]) -> None:
    for group in groups:
        send(group, signal.SIGTERM)
    deadline = time.monotonic() + GRACE
    while any(map(alive, groups)) and time.monotonic() < deadline:
        time.sleep(0.05)
    for group in groups:
        send(group, signal.SIGKILL)


if __name__ == "__main__":
    stop(surviving_groups(sys.stdin))
