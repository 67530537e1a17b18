"""Keeping the leases of views that run long, by one thread in each process."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock, Thread
from time import monotonic

from hotroute.cache.redis_client.client import Unreachable
from hotroute.cache.store.base import Flight, Store
from hotroute.fork_safety import reset_in_children


class Leases:
    """
    Args:
        store: where the leases are; each is renewed three times while it holds.
    """

    def __init__(self, store: Store) -> None:
        self.store, self.pause = store, store.lease_ttl / 3
        self.reset_after_fork()
        reset_in_children(self)

    def reset_after_fork(self) -> None:
        """Begin with no lease: the parent renews its own."""
        self.lock = Lock()
        self.held: dict[str, tuple[Flight, float]] = {}
        self.thread: Thread | None = None
        self.stopped = Event()

    @contextmanager
    def holding(self, flight: Flight) -> Iterator[None]:
        self.start()
        with self.lock:
            self.held[flight.question.token] = flight, monotonic() + self.pause
        try:
            yield
        finally:
            with self.lock:
                self.held.pop(flight.question.token, None)

    def start(self) -> None:
        """On first use, so that it is after the fork; a thread does not survive one."""
        if self.thread is None or not self.thread.is_alive():
            self.thread = Thread(target=self.renew, name="hotroute-leases", daemon=True)
            self.thread.start()

    def stop(self) -> None:
        """End the thread."""
        self.stopped.set()
        if self.thread is not None:
            self.thread.join()

    def renew(self) -> None:
        while not self.stopped.wait(self.pause):
            now = monotonic()
            with self.lock:
                due = [flight for flight, since in self.held.values() if since <= now]
            for flight in due:
                with suppress(Unreachable):
                    self.store.renew(flight)
