"""What is dear to find out and was found out a moment ago."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

from hotroute.fork_safety import reset_in_children

Found = TypeVar("Found")
MOST = 32


class TtlCache(Generic[Found]):
    """Remembers the last `MOST` answers, each for some seconds.

    Args:
        seconds: how old an answer may be.
        clock: seconds, never going back.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self.seconds, self.clock = seconds, clock
        self.reset_after_fork()
        reset_in_children(self)
        self.answers: OrderedDict[Hashable, tuple[float, Found]] = OrderedDict()

    def reset_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent may hold."""
        self.lock = Lock()

    def get(self, key: Hashable, find: Callable[[], Found]) -> Found:
        """The answer for the key; found out, by this caller alone or by several at a time, where none is young enough.

        What `find` raises is not remembered.
        """
        began = self.clock()
        with self.lock:
            known = self.answers.get(key)
        if known and began - known[0] < self.seconds:
            return known[1]
        found = find()
        with self.lock:
            self.answers[key] = began, found
            self.answers.move_to_end(key)
            if len(self.answers) > MOST:
                self.answers.popitem(last=False)
        return found
