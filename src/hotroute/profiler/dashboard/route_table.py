"""The list of routes: which ones, in which order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hotroute.profiler.dashboard.hit_ratio import hits
from hotroute.profiler.model.results import RouteSummary

Key = Callable[[RouteSummary], float | str]


@dataclass(frozen=True)
class Column:
    """Attributes:
    name: in the query.
    title: in the head; `hint` says more.
    key: what is compared.
    up: whether the first click sorts upwards.
    """

    name: str
    title: str
    hint: str
    key: Key
    up: bool = False


def queries(route: RouteSummary) -> float:
    return route.split.statements if route.split else -1.0


def ratio(route: RouteSummary) -> float:
    found = hits(route.cache).ratio
    return -1.0 if found is None else found


COLUMNS = (
    Column("route", "Route", "The rule, and the method", lambda each: f"{each.route} {each.method}", up=True),
    Column("requests", "Requests", "How many, and how many a second", lambda each: each.requests),
    Column("errors", "Errors", "Share of answers of 500 and above", lambda each: each.errors / max(1, each.requests)),
    Column("p50", "p50", "Half of the requests took at most this long", lambda each: each.latency.p50),
    Column("p95", "p95", "95 of 100 requests took at most this long", lambda each: each.latency.p95),
    Column("p99", "p99", "99 of 100 requests took at most this long", lambda each: each.latency.p99),
    Column("total", "Share of time", "Of the time of all requests together", lambda each: each.seconds),
    Column("queries", "Queries", "SQL statements for each request, a mean of samples", queries),
    Column("hits", "Cache hits", "Share of the requests that asked the cache", ratio),
)
BY_NAME = {column.name: column for column in COLUMNS}
USUAL = "total"


@dataclass(frozen=True)
class Order:
    """Attributes:
    column: what is sorted by.
    up: the smallest first.
    """

    column: Column
    up: bool

    def aria(self, column: Column) -> str:
        """The value of `aria-sort` (WAI-ARIA 1.2, 6.6)."""
        return ("ascending" if self.up else "descending") if column is self.column else "none"

    def query(self, column: Column) -> dict[str, str]:
        """What a click on the column's head asks for: it, or, where it is it, the other way round."""
        up = not self.up if column is self.column else column.up
        return {"sort": column.name, "order": "up" if up else "down"}


def order(sort: str, direction: str) -> Order:
    column = BY_NAME.get(sort, BY_NAME[USUAL])
    return Order(column, direction == "up" if direction in {"up", "down"} else column.up)


def arrange(routes: Sequence[RouteSummary], by: Order, containing: str = "") -> list[RouteSummary]:
    """Those whose method and rule contain every word, sorted."""
    words = containing.lower().split()
    found = [each for each in routes if all(word in f"{each.method} {each.route}".lower() for word in words)]
    return sorted(found, key=by.column.key, reverse=not by.up)
