"""From how many seconds on a request is slow: each route has a usual time of its own."""

from collections import defaultdict, deque
from collections.abc import Iterable

from hotroute.profiler.model.records import RequestGroup
from hotroute.profiler.options import Options

TIMES = 2.0
"""The route's 99th percentile: of a thousand requests a few are beyond it, and worth a look."""

LEAST = 0.02
"""Seconds: the watchdog does not see what is shorter."""

LAST, ENOUGH = 1000, 200
"""Requests of a route that its percentile is of, and without which there is none."""

MOST_ROUTES = 500
SELDOM = 10.0
"""Seconds between two looks at what is usual."""


class Thresholds:
    """
    Attributes:
        learned: seconds by route, where they are fewer than the options say.
        lowest: seconds below which no route's request is slow.
    """

    def __init__(self, options: Options) -> None:
        self.options = options
        self.learned: dict[str, float] = {}
        self.seen: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=LAST))
        self.next = 0.0
        self.lowest = self.find_lowest()

    def of(self, route: str) -> float:
        given = self.options.slow_routes.get(route)
        return given if given is not None else self.learned.get(route, self.options.slow)

    def learn(self, requests: Iterable[RequestGroup], now: float) -> None:
        """
        Args:
            now: seconds of a clock.
        """
        for each in requests:
            if each.route in self.seen or len(self.seen) < MOST_ROUTES:
                self.seen[each.route].extend(each.seconds)
        if now >= self.next:
            self.next = now + SELDOM
            known = {route: p99(seconds) for route, seconds in self.seen.items() if len(seconds) >= ENOUGH}
            found = {route: max(LEAST, TIMES * p99) for route, p99 in known.items()}
            self.learned = {route: seconds for route, seconds in found.items() if seconds < self.options.slow}
            self.lowest = self.find_lowest()

    def find_lowest(self) -> float:
        return min([self.options.slow, *self.options.slow_routes.values(), *self.learned.values()])


def p99(seconds: Iterable[float]) -> float:
    """All but one in a hundred are within it."""
    found = sorted(seconds)
    return found[int(len(found) * 0.99)]
