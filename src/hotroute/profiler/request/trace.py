"""A look at one request: what it asked of others, where in the code, and how long that took."""

import sys
from time import perf_counter

from hotroute.profiler.model.records import MOST_EVENTS
from hotroute.profiler.request import call_site
from hotroute.profiler.request.call_site import Line

Noted = tuple[str, float, float, str, Line | None]
"""Kind, beginning, seconds, text as it came, and place."""

KINDS = ("sql", "cache", "http")

LONG = 0.001
"""Seconds. To find the place in the code takes longer than all else about an event: of a request that nobody had
chosen it is looked for where the event took so long, and where there were `FEW` before it."""

FEW = 10


class Trace:
    """
    Of every request, for nobody knows how it will end: it has to cost next to nothing.

    Attributes:
        chosen: whether by chance, and not because it was slow, failed, or somebody asked for it.
        tells: whether the answer says where its time went.
        view: seconds within the view function; None where it was not entered.
        cpu: seconds of CPU time of the thread; until the request has ended, what the thread had before. None where
            nobody has chosen the request and it has not come to a view: to ask costs more than all else about a hit.
        size: of the answer's body in bytes, where its header fields tell.
        noted: at most `MOST_EVENTS`; of more, `more` has by kind how many and how long.
    """

    # Of the class, until there is something to say: to set them costs each request as much as all that it counts.
    sampled = send_server_timing = False
    view_seconds: float | None = None
    size: int | None = None
    overflow: dict[str, tuple[int, float]] | None = None
    cpu: float | None = None
    events: list[Noted]

    def record_event(self, kind: str, began: float, text: str) -> None:
        """See `hotroute.instrumentation.Listener`."""
        seconds = perf_counter() - began
        if seconds >= LONG or self.sampled or self.send_server_timing or len(self.events) >= FEW:
            self.add(kind, began, seconds, text)
        else:
            self.events.append((kind, began, seconds, text, None))

    def add(self, kind: str, began: float, seconds: float, text: str) -> None:
        before = len(self.events)
        if before < MOST_EVENTS:
            located = self.sampled or seconds >= LONG or before >= FEW or self.send_server_timing
            # Two frames up: whoever timed it, which is the engine or a library.
            line = call_site.innermost_app_line(sys._getframe(2)) if located else None
            self.events.append((kind, began, seconds, text, line))
        else:
            count, spent = self.left_out(kind)
            self.overflow = {**(self.overflow or {}), kind: (count + 1, spent + seconds)}

    def left_out(self, kind: str) -> tuple[int, float]:
        """How many, and how long."""
        return self.overflow.get(kind, (0, 0.0)) if self.overflow else (0, 0.0)

    def spent(self, kind: str) -> float:
        """Seconds, those left out included."""
        return self.left_out(kind)[1] + sum([noted[2] for noted in self.events if noted[0] == kind])

    def all_spent(self) -> float:
        return sum(map(self.spent, KINDS))

    def executed(self) -> int:
        """Statements, those left out included."""
        return self.left_out("sql")[0] + sum([noted[0] == "sql" for noted in self.events])
