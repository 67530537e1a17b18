"""All routes as one: what the tiles of the first page say."""

from collections.abc import Iterable

from hotroute.profiler.model.results import RouteSummary, TimeRange
from hotroute.profiler.queries import routes
from hotroute.profiler.queries.history import History
from hotroute.profiler.queries.routes import Sums

Overview = tuple[list[RouteSummary], RouteSummary]


def overview(history: History, span: TimeRange, steps: int) -> Overview:
    """Every route, and all of them as one, its route and method being ""; from one reading, for both need all of it.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the storage cannot be read.
    """
    with history.reading(span, steps) as found:
        sums = routes.sums(found, history.names(found.connection))
        return routes.ranked(sums), combine(sums.values(), len(found.times)).summary("", "")


def combine(sums: Iterable[Sums], steps: int) -> Sums:
    total = Sums(steps=[0] * steps)
    for each in sums:
        total.requests += each.requests
        total.seconds += each.seconds
        total.statuses += each.statuses
        total.cache += each.cache
        total.longest = max(total.longest, each.longest)
        total.latencies.merge(each.histogram())
        total.steps = [one + other for one, other in zip(total.steps, each.steps, strict=True)]
    return total
