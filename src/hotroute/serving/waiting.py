"""Connections that wait for a request, and the threads that wait for one of them."""

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from math import inf
from threading import Thread
from typing import Any, NamedTuple

if sys.platform == "linux":

    class Readable:
        """Tells one of the threads that wait, once, that a file is readable; then it is to be asked for again."""

        def __init__(self) -> None:
            self.files = select.epoll()

        def ask(self, file: int, *, known: bool) -> None:
            (self.files.modify if known else self.files.register)(file, select.EPOLLIN | select.EPOLLONESHOT)

        def forget(self, file: int) -> None:
            self.files.unregister(file)

        def tell_all(self, file: int) -> None:
            """All threads, as often as they ask."""
            self.files.register(file, select.EPOLLIN)

        def wait(self) -> int | None:
            events = self.files.poll(maxevents=1)
            return events[0][0] if events else None

else:

    class Readable:
        """The same by kqueue(2)."""

        def __init__(self) -> None:
            self.files = select.kqueue()

        def change(self, file: int, flags: int) -> None:
            self.files.control([select.kevent(file, select.KQ_FILTER_READ, flags)], 0)

        def ask(self, file: int, *, known: bool) -> None:  # noqa: ARG002
            self.change(file, select.KQ_EV_ADD | select.KQ_EV_ONESHOT)

        def forget(self, file: int) -> None:
            self.change(file, select.KQ_EV_DELETE)

        def tell_all(self, file: int) -> None:
            self.change(file, select.KQ_EV_ADD)

        def wait(self) -> int | None:
            events = self.files.control(None, 1)
            return events[0].ident if events else None


class Never(NamedTuple):
    """What the first connection is while there is none."""

    timeout: float = inf


class Connections:
    """Connections that wait for a request, or whose request waits for a thread. One that becomes readable goes to one
    thread, which has it until it gives it back.

    To Gunicorn's worker it is the sequence in which those that time out first come first.
    """

    def __init__(self) -> None:
        self.by_file: dict[int, Any] = {}
        self.readable = Readable()

    def add(self, connection: Any, *, known: bool) -> None:
        """
        Args:
            known: whether it was here before.

        Raises:
            OSError, ValueError: it is closed.
        """
        file = connection.sock.fileno()
        # Before anybody can be told of it.
        self.by_file[file] = connection
        try:
            self.readable.ask(file, known=known)
        except Exception:
            self.by_file.pop(file, None)
            raise

    def wait(self) -> Any:
        """For one; None if it was taken meanwhile. Of the threads that wait, one is woken: the last to come."""
        file = self.readable.wait()
        return None if file is None else self.by_file.pop(file, None)

    def take_first(self, until: float) -> Any:
        """One that times out until then (of `time.monotonic`); None if there is none."""
        first = next(iter(self), None)
        if first is None or first.timeout > until:
            return None
        taken = self.by_file.pop(first.sock.fileno(), None)
        if taken is None or taken.timeout <= until:
            return taken
        # A thread has answered on it just now.
        self.add(taken, known=True)
        return None

    def forget(self, connection: Any) -> None:
        """Before it is closed: a process that was forked may have it too, and then it would still be told of."""
        with suppress(OSError, ValueError):
            self.readable.forget(connection.sock.fileno())

    def wake_all(self) -> None:
        """From now on nobody waits."""
        reading, writing = os.pipe()
        os.write(writing, b"x")
        self.readable.tell_all(reading)

    def __len__(self) -> int:
        return len(self.by_file)

    def __iter__(self) -> Iterator[Any]:
        # Threads come and go; a copy is made at once.
        return iter(self.by_file.copy().values())

    def __getitem__(self, index: int) -> Any:
        """The first. Threads may have taken all since Gunicorn saw that there are some."""
        return next(iter(self), Never())


class Threads:
    """In place of Gunicorn's pool: there is nothing to hand over.

    Args:
        answer: on a connection that is readable.
    """

    def __init__(self, number: int, connections: Connections, answer: Callable[[Any], object]) -> None:
        self.number, self.connections, self.answer = number, connections, answer
        self.ended = False

    def start(self) -> None:
        for number in range(self.number):
            Thread(target=self.serve, name=f"hotroute-request-{number}").start()

    def serve(self) -> None:
        while not self.ended:
            if connection := self.connections.wait():
                self.answer(connection)

    def shutdown(self, wait: bool) -> None:  # noqa: ARG002
        """Each ends after its request, for which the end of the process waits."""
        if not self.ended:
            self.ended = True
            self.connections.wake_all()


def is_readable(connection: Any) -> bool:
    """Whether a request has come, or its end."""
    ready = select.poll()
    ready.register(connection.sock, select.POLLIN)
    return bool(ready.poll(0))
