"""What `hotroute up` writes to the terminal: every part's lines under its name, and its own."""

import contextlib
import datetime as dt
import os
import sys
from collections.abc import Iterator
from itertools import cycle
from threading import Lock

COLOURS = (36, 33, 32, 35, 31, 34)
"""ANSI's for the foreground (ECMA-48, SGR), one for each part in turn."""


class Console:
    """Lines from several threads, one at a time; a terminal that was closed is no reason to fail."""

    def __init__(self, names: list[str]) -> None:
        self.colours = dict(zip(names, cycle(COLOURS), strict=False))
        self.width = max(map(len, names))
        self.is_coloured = sys.stdout.isatty()
        self.lock = Lock()

    def print_line(self, name: str, line: str) -> None:
        prefix = self.prefix(name, dt.datetime.now().astimezone())
        with self.lock, closed_terminal_is_fine():
            for part in line.splitlines():
                print(prefix + part, flush=True)

    def prefix(self, name: str, now: dt.datetime) -> str:
        """Return the time and the part's name, coloured on a terminal."""
        text = f"{now:%H:%M:%S} {name.ljust(self.width)} | "
        return f"\033[0m\033[{self.colours.get(name, 0)}m{text}\033[0m" if self.is_coloured else text

    def print(self, text: str) -> None:
        with self.lock, closed_terminal_is_fine():
            print(text, flush=True)


@contextlib.contextmanager
def closed_terminal_is_fine() -> Iterator[None]:
    """From the first failure on, standard output goes nowhere: Python would fail again on its last flush."""
    try:
        yield
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
