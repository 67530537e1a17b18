"""What `hotroute up` writes to the terminal: every part's lines under its name, and its own."""

import contextlib
import datetime as dt
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from threading import Lock

from honcho.colour import get_colours  # type: ignore[import-untyped]
from honcho.printer import Message, Printer  # type: ignore[import-untyped]


class Screen:
    """Lines from several threads, one at a time; a terminal that was closed is no reason to fail."""

    def __init__(self, names: list[str]) -> None:
        colours = get_colours()
        self.colours: defaultdict[str, str | None] = defaultdict(lambda: None, {name: next(colours) for name in names})
        self.printer = Printer(sys.stdout, width=max(map(len, names)))
        self.lock = Lock()

    def show(self, name: str, line: str) -> None:
        now = dt.datetime.now().astimezone()
        with self.lock, closed_terminal_is_fine():
            self.printer.write(Message("line", line, now, name, self.colours[name]))

    def say(self, text: str) -> None:
        with self.lock, closed_terminal_is_fine():
            print(text, flush=True)


@contextlib.contextmanager
def closed_terminal_is_fine() -> Iterator[None]:
    """From the first failure on, standard output goes nowhere: Python would fail again on its last flush."""
    try:
        yield
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
