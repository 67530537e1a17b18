"""The inbox of one worker: what requests leave behind for the threads that do the rest."""

import hmac
import os
from collections import deque
from hashlib import sha256
from typing import Any

from hotroute.profiler.options import Options
from hotroute.profiler.request.slow_thresholds import Thresholds
from hotroute.serving import workers

MOST_REQUESTS = 50_000
"""Requests that wait for the flusher, which takes them every two seconds; more are dropped and counted."""

MOST_SAMPLES = 500

REMARKABLE = 20.0
"""Slow or failed requests a second that are kept beyond the budget: when all are slow, a few tell as much."""


class Inbox:
    """Deques, the requests under way, and the budget for samples.

    Attributes:
        in_flight: the requests under way (`ActiveRequest`), by thread.
        tokens: requests that may be sampled now; the watchdog adds to them.
        outlier_budget: slow or failed requests that may be kept though nobody had sampled them.
        capacity: requests that may wait for the flusher.
        thresholds: seconds from which a request is slow.
        dropped: requests and samples that found no room.
    """

    in_flight: dict[int, Any]

    def __init__(self, options: Options) -> None:
        self.options = options
        self.capacity = MOST_REQUESTS
        self.rate = options.samples_per_second / workers(os.environ)
        self.key = digest(options.key) if options.key else b""
        self.clear()

    def clear(self) -> None:
        self.in_flight = {}
        self.requests, self.samples = deque[Any](), deque[Any]()
        self.tokens, self.outlier_budget, self.dropped = self.most_tokens, REMARKABLE, 0
        self.thresholds = Thresholds(self.options)

    @property
    def most_tokens(self) -> float:
        """Return a tenth of a second's tokens, so that a burst does not take them all; and one, where there are few."""
        return max(self.rate / 10, 1.0) if self.rate > 0 else 0.0

    def offer(self, sample: tuple[Any, ...]) -> None:
        """Keep a sample, if there is room and budget for it."""
        trace = sample[3]
        if not trace.sampled:
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
