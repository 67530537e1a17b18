"""A close look at one request: what it asked of others, where in the code, and how long that took."""

import sys
from time import perf_counter, thread_time

from hotroute.profiler import places
from hotroute.profiler.places import Line
from hotroute.profiler.records import MOST_EVENTS

Noted = tuple[str, float, float, str, Line | None]
"""Kind, beginning, seconds, text as it came, and place."""


class Look:
    """
    Attributes:
        chosen: whether by chance, and not because somebody asked for it.
        tells: whether the answer says where its time went.
        view: seconds within the view function, as Flask-Profiler measured them; None where it did not.
        cpu: seconds of CPU time of the thread; until the request has ended, what the thread had before.
        size: of the answer's body in bytes, where its header fields tell.
        noted: at most `MOST_EVENTS`; `left_out` were more.
        spent: seconds by kind, those left out included.
        statements: how many.
    """

    __slots__ = ("chosen", "cpu", "left_out", "noted", "size", "spent", "statements", "tells", "view")

    def __init__(self, *, chosen: bool) -> None:
        self.chosen, self.tells = chosen, False
        self.view: float | None = None
        self.size: int | None = None
        self.noted = list[Noted]()
        self.left_out = self.statements = 0
        self.spent = {"sql": 0.0, "cache": 0.0, "http": 0.0}
        self.cpu = thread_time()

    def note(self, kind: str, began: float, text: str) -> None:
        """See `hotroute.observe.Listener`."""
        self.add(kind, began, perf_counter() - began, text)

    def add(self, kind: str, began: float, seconds: float, text: str) -> None:
        self.spent[kind] += seconds
        self.statements += kind == "sql"
        if len(self.noted) < MOST_EVENTS:
            # Two frames up: whoever timed it, which is the engine or a library.
            self.noted.append((kind, began, seconds, text, places.asking(sys._getframe(2))))
        else:
            self.left_out += 1

    def all_spent(self) -> float:
        return sum(self.spent.values())
