"""How often a view runs when many ask at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event

from flask import Flask

from hotroute.cache.http.middleware import CacheMiddleware
from hotroute.cache.store.base import FillRequest, LookupResult
from hotroute.testing import cache_status
from hotroute.testing.cache_status import Response
from hotroute.testing.isolation import front_of

LONGEST = 30.0
"""Seconds that the readers may take to gather, on a busy machine."""


def assert_one_execution(ask: Callable[[], Response], readers: int, app: Flask | None = None) -> None:
    """Of so many readers of a cold route at once, one runs the view, and its answer serves them all.

    Args:
        ask: sends the request, with a client of its own; it is called by `readers` threads.
        app: where the application runs in this process. Its view is then held until all readers have asked, so that
            they do meet. Over HTTP, they meet if they do.
    """
    __tracebackhide__ = True
    front = front_of(app) if app else None
    with Held(front, readers), ThreadPoolExecutor(readers) as pool:
        answers = list(pool.map(lambda _: ask(), range(readers)))
    found = [cache_status.read(answer) for answer in answers]
    ran = [seen for seen in found if not seen.hit]
    if len(ran) != 1 or not ran[0].stored:
        why = "\n".join(sorted({f"  {sum(seen == other for other in found)} x {seen}" for seen in found}))
        raise AssertionError(f"expected one execution for {readers} readers, there were {len(ran)}:\n{why}")


class Held:
    """Within the block, nobody is answered before so many have looked."""

    def __init__(self, front: CacheMiddleware | None, readers: int) -> None:
        self.front, self.readers = front, readers
        self.looked, self.all_looked = count(1), Event()

    def __enter__(self) -> None:
        if self.front:
            self.look = self.front.store.look
            # As an attribute of the instance, in front of its method.
            self.front.store.look = self.look_together  # type: ignore[method-assign]

    def __exit__(self, *_: object) -> None:
        if self.front:
            self.front.store.look = self.look  # type: ignore[method-assign]

    def look_together(self, question: FillRequest) -> LookupResult:
        found = self.look(question)
        if next(self.looked) >= self.readers:
            self.all_looked.set()
        self.all_looked.wait(LONGEST)
        return found
