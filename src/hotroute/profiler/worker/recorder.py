"""What requests leave behind in one worker, and the two threads that do the rest."""

import atexit
import hmac
import os
from collections import deque
from hashlib import sha256
from threading import Lock
from typing import Any
from weakref import WeakMethod

from hotroute.fork_safety import reset_in_children
from hotroute.profiler.options import Options
from hotroute.profiler.queries.history import History
from hotroute.profiler.request.active_request import ActiveRequest
from hotroute.profiler.request.slow_thresholds import Thresholds
from hotroute.profiler.worker.flusher import Flusher
from hotroute.profiler.worker.watchdog import Watchdog
from hotroute.serving import after_fork, workers

MOST_REQUESTS = 50_000
"""That wait for the flusher, which takes them every two seconds; more are dropped, and their number is told."""

MOST_SAMPLES = 500

REMARKABLE = 20.0
"""Slow or failed requests a second that are kept beyond the budget: when all are slow, a few tell as much."""


class Recorder:
    """
    Attributes:
        history: what all workers have recorded.
        running: whether this process's threads run; they start with its first request, for none survives a fork.
        flying: the requests under way, by thread.
        tokens: how many requests may be looked at closely now; the watchdog adds to them.
        extra: how many that nobody had chosen may be kept.
        room: how many requests may wait for the flusher.
        thresholds: from when on a request is slow.
        dropped: requests and samples that nobody had room for.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.history = History(options.url)
        self.capacity, self.running = MOST_REQUESTS, False
        self.rate = options.samples_per_second / workers(os.environ)
        self.key = digest(options.key) if options.key else b""
        self.reset_after_fork()
        reset_in_children(self)
        after_fork(calling(WeakMethod(self.start)))

    def reset_after_fork(self) -> None:
        """Begin with nothing recorded: the parent writes its own records, and its threads are not here."""
        if self.running:
            atexit.unregister(self.close)
        self.running = False
        self.starting = Lock()
        self.in_flight: dict[int, ActiveRequest] = {}
        self.requests, self.samples = deque[Any](), deque[Any]()
        self.tokens, self.outlier_budget, self.dropped = self.most_tokens, REMARKABLE, 0
        self.thresholds = Thresholds(self.options)
        self.flusher, self.watchdog = Flusher(self), Watchdog(self)

    @property
    def most_tokens(self) -> float:
        """A tenth of a second's, so that a burst does not take them all; and one, where there are few."""
        return max(self.rate / 10, 1.0) if self.rate > 0 else 0.0

    def start(self) -> None:
        with self.starting:
            if not self.running:
                self.watchdog.start()
                self.flusher.start()
                atexit.register(self.close)
                self.running = True

    def close(self) -> None:
        """Have the storage get what it has not got, within a few seconds; no request may come afterwards."""
        if self.running:
            atexit.unregister(self.close)
            self.watchdog.stop()
            self.flusher.stop()
            self.running = False

    def offer(self, sample: tuple[Any, ...]) -> None:
        look = sample[3]
        if not look.sampled:
            if self.outlier_budget < 1.0:
                self.dropped += 1
                return
            self.outlier_budget -= 1.0
        if len(self.samples) < MOST_SAMPLES:
            self.samples.append(sample)
        else:
            self.dropped += 1

    def refill(self, seconds: float) -> None:
        self.tokens = min(self.most_tokens, self.tokens + self.rate * seconds)
        self.outlier_budget = min(REMARKABLE, self.outlier_budget + REMARKABLE * seconds)

    def authorises(self, key: str) -> bool:
        return bool(self.key) and hmac.compare_digest(digest(key), self.key)


def digest(text: str) -> bytes:
    return sha256(text.encode("utf-8", "surrogatepass")).digest()


def calling(method: WeakMethod[Any]) -> Any:
    """Without keeping its object: an application that a test has made may go."""

    def call() -> None:
        if bound := method():
            bound()

    return call
