"""What requests leave behind in one worker, and the two threads that do the rest."""

import atexit
from threading import Lock
from typing import Any
from weakref import WeakMethod

from hotroute.fork_safety import reset_in_children
from hotroute.profiler.options import Options
from hotroute.profiler.queries.history import History
from hotroute.profiler.request.inbox import Inbox
from hotroute.profiler.worker.flusher import Flusher
from hotroute.profiler.worker.watchdog import Watchdog
from hotroute.serving import after_fork


class Recorder(Inbox):
    """The inbox of one worker, its two threads, and the history.

    Attributes:
        history: what all workers have recorded.
        running: whether this process's threads run; they start with its first request, for none survives a fork.
    """

    def __init__(self, options: Options) -> None:
        self.history = History(options.url)
        self.running = False
        super().__init__(options)
        self.reset_after_fork()
        reset_in_children(self)
        after_fork(calling(WeakMethod(self.start)))

    def reset_after_fork(self) -> None:
        """Begin with nothing recorded: the parent writes its own records, and its threads are not here."""
        if self.running:
            atexit.unregister(self.close)
        self.running = False
        self.starting = Lock()
        self.clear()
        self.watchdog = Watchdog(self)
        self.flusher = Flusher(self, self.watchdog)

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


def calling(method: WeakMethod[Any]) -> Any:
    """Without keeping its object: an application that a test has made may go."""

    def call() -> None:
        if bound := method():
            bound()

    return call
