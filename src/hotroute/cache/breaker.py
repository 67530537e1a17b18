"""A circuit breaker: after a failure nobody asks for a while, then one does."""

from threading import Lock
from time import monotonic


class Breaker:
    """Closed (asking is allowed) until a failure; open for `period` seconds; then one caller at a time may try.

    Args:
        period: seconds.
    """

    def __init__(self, period: float) -> None:
        self.period = period
        self.until = 0.0
        self.lock = Lock()

    def allows(self) -> bool:
        """Whether to ask. Who is allowed in an open breaker's last moment keeps the others out for another period."""
        if not self.until:
            return True
        with self.lock:
            now = monotonic()
            if now < self.until:
                return False
            self.until = now + self.period
            return True

    def failed(self) -> None:
        self.until = monotonic() + self.period

    def succeeded(self) -> None:
        self.until = 0.0

    @property
    def open(self) -> bool:
        return bool(self.until)
