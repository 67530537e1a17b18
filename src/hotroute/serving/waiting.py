"""Connections that wait for a request, and the threads that wait for one of them."""

import select
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any


class Connections:
    """Kept-alive connections. The first that becomes readable goes to one thread, which has it until it gives it back.

    To Gunicorn's worker it is the sequence in which those that time out first come first.
    """

    def __init__(self) -> None:
        self.by_file: dict[int, Any] = {}
        self.readable = select.epoll()

    def add(self, connection: Any, *, known: bool) -> None:
        """
        Args:
            known: whether it was here before.
        """
        file = connection.sock.fileno()
        self.by_file[file] = connection
        # Once: nobody else is told of it while a thread has it (epoll_ctl(2)).
        (self.readable.modify if known else self.readable.register)(file, select.EPOLLIN | select.EPOLLONESHOT)

    def wait(self) -> Any:
        """For one; None if it was taken meanwhile. Of the threads that wait, one is woken: the last to come."""
        events = self.readable.poll(maxevents=1)
        return self.by_file.pop(events[0][0], None) if events else None

    def take_first(self, until: float) -> Any:
        """One that times out until then (of `time.monotonic`); None if there is none."""
        first = next(iter(self), None)
        if first is None or first.timeout > until:
            return None
        return self.by_file.pop(first.sock.fileno(), None)

    def __len__(self) -> int:
        return len(self.by_file)

    def __iter__(self) -> Iterator[Any]:
        # Threads come and go; a copy is made at once.
        return iter(self.by_file.copy().values())

    def __getitem__(self, index: int) -> Any:
        return list(self)[index]


class Threads:
    """In place of Gunicorn's pool: there is nothing to hand over."""

    def __init__(self, number: int, serve: Callable[[], object]) -> None:
        self.number, self.serve = number, serve

    def start(self) -> None:
        for number in range(self.number):
            Thread(target=self.serve, name=f"hotroute-request-{number}", daemon=True).start()

    def shutdown(self, wait: bool) -> None:
        """They end with the process: who stops waits for the connections."""
