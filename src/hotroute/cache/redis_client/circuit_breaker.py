"""A circuit breaker: after a failure nobody asks for a while, then one does."""

from threading import Lock
from time import monotonic


class CircuitBreaker:
    """Closed (asking is allowed) until a failure; open for `period` seconds; then one caller at a time may try.

    Who asks gets the number of failures so far and hands it back with the outcome: what began before the last failure
    says nothing about the time after it.

    Args:
        period: seconds.
    """

    def __init__(self, period: float) -> None:
        self.period = period
        self.failures = 0
        self.until = 0.0
        self.lock = Lock()

    def allow(self) -> int | None:
        """The turn of who may ask, or None. Who is allowed to try keeps the others out for another period."""
        if not self.until:
            return self.failures
        with self.lock:
            now = monotonic()
            if now < self.until:
                return None
            self.until = now + self.period
            return self.failures

    def failed(self, turn: int) -> bool:
        """Whether an outage begins."""
        with self.lock:
            if turn != self.failures:
                return False
            began = not self.until
            self.failures += 1
            self.until = monotonic() + self.period
            return began

    def succeeded(self, turn: int) -> bool:
        """Whether an outage ends."""
        if not self.until:
            return False
        with self.lock:
            ended = bool(self.until) and turn == self.failures
            if ended:
                self.until = 0.0
            return ended
