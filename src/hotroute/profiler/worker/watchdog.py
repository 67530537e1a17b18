"""The thread that notices: how late it wakes itself, and which requests take too long."""

import sys
from collections import deque
from threading import Event, Thread
from time import perf_counter, thread_time
from typing import TYPE_CHECKING

from hotroute.profiler.request.stack_samples import Stacks

if TYPE_CHECKING:
    from types import FrameType

    from hotroute.profiler.request.active_request import ActiveRequest
    from hotroute.profiler.request.inbox import Inbox

PAUSE = 0.025
"""Seconds between two looks at what is under way."""

NAP = 0.01
"""Seconds between two looks at a slow request's stack."""

MOST_LOOKS = 400
"""At one request: four seconds of naps, then one each `PAUSE`."""

MOST_AT_ONCE = 8
"""Slow requests whose stacks are looked at in one round."""


class Watchdog:
    """
    Attributes:
        lateness: how late it woke, in seconds, each time since the flusher last asked.
        cpu: seconds of CPU time that its thread has had.
    """

    def __init__(self, inbox: "Inbox") -> None:
        self.inbox = inbox
        self.lateness = deque[float](maxlen=1000)
        self.cpu = 0.0
        self.stopped = Event()
        self.thread: Thread | None = None

    def start(self) -> None:
        self.thread = Thread(target=self.run, name="profiler-watchdog", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.stopped.set()

    def run(self) -> None:
        pause, before = PAUSE, perf_counter()
        while True:
            asleep = perf_counter()
            if self.stopped.wait(pause):
                return
            now = perf_counter()
            self.lateness.append(max(0.0, now - asleep - pause))
            self.inbox.refill(now - before)
            pause, before = (NAP if self.look(now) else PAUSE), now
            self.cpu = thread_time()

    def look(self, now: float) -> bool:
        """At the requests that are slow already; whether it is worth looking again soon."""
        least = self.inbox.thresholds.lowest
        late = [each for each in list(self.inbox.in_flight.values()) if now - each.began >= least]
        if not late:
            return False
        frames = sys._current_frames()
        looked = [self.note(each, frames, now) for each in late[:MOST_AT_ONCE]]
        return any(looked)

    def note(self, watched: "ActiveRequest", frames: dict[int, "FrameType"], now: float) -> bool:
        if now - watched.began < self.inbox.thresholds.of(watched.route):
            return False
        if watched.stacks is None:
            watched.stacks = Stacks()
        watched.stacks.add(frames.get(watched.thread))
        return watched.stacks.looks < MOST_LOOKS
