"""Connections that wait for a request, and the threads that wait for one of them."""

import select
import sys
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

if sys.platform == "linux":

    class Readable:
        """Tells one of the threads that wait, once, that a file is readable; then it is to be asked for again."""

        def __init__(self) -> None:
            self.files = select.epoll()

        def ask(self, file: int, *, known: bool) -> None:
            (self.files.modify if known else self.files.register)(file, select.EPOLLIN | select.EPOLLONESHOT)

        def wait(self) -> int | None:
            events = self.files.poll(maxevents=1)
            return events[0][0] if events else None

else:

    class Readable:
        """The same by kqueue(2)."""

        def __init__(self) -> None:
            self.files = select.kqueue()

        def ask(self, file: int, *, known: bool) -> None:  # noqa: ARG002
            flags = select.KQ_EV_ADD | select.KQ_EV_ONESHOT
            self.files.control([select.kevent(file, select.KQ_FILTER_READ, flags)], 0)

        def wait(self) -> int | None:
            events = self.files.control(None, 1)
            return events[0].ident if events else None


class Connections:
    """Kept-alive connections. The first that becomes readable goes to one thread, which has it until it gives it back.

    To Gunicorn's worker it is the sequence in which those that time out first come first.
    """

    def __init__(self) -> None:
        self.by_file: dict[int, Any] = {}
        self.readable = Readable()

    def add(self, connection: Any, *, known: bool) -> None:
        """
        Args:
            known: whether it was here before.
        """
        file = connection.sock.fileno()
        self.by_file[file] = connection
        self.readable.ask(file, known=known)

    def wait(self) -> Any:
        """For one; None if it was taken meanwhile. Of the threads that wait, one is woken: the last to come."""
        file = self.readable.wait()
        return None if file is None else self.by_file.pop(file, None)

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
