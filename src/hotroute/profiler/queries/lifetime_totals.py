"""What was counted since the storage began: what is too old to change is in one row, the rest is added to it."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection

from hotroute.profiler.model import resolutions
from hotroute.profiler.model.histogram import Histogram
from hotroute.profiler.model.resolutions import FINEST, Range, ceiling
from hotroute.profiler.model.results import DurationTotal, TimeRange, Total, Totals
from hotroute.profiler.queries.routes import Names
from hotroute.profiler.storage import schema
from hotroute.profiler.storage.lifetime import SUMMED, since
from hotroute.profiler.storage.reader import EXACT, Reading

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def totals(connection: Connection, names: Names, now: float) -> Totals:
    found = Reading(connection, TimeRange(0, now), now, 1, EXACT)
    ranges = [SUMMED, *resolutions.summed(FINEST, since(connection), ceiling(now + FINEST, FINEST), found.stale)]
    return Totals(
        requests=tuple(requests(found, ranges, names)),
        durations=tuple(durations(found, ranges, names)),
        counters=dict(counters(found, ranges)),
    )


def requests(found: Reading, ranges: Iterable[Range], names: Names) -> Iterable[Total]:
    table = schema.requests
    sums: dict[tuple[int, int], tuple[int, float]] = defaultdict(lambda: (0, 0.0))
    for series, status, count, seconds in found.sums(table, ranges, (table.c.series, table.c.status)):
        known = sums[series, status]
        sums[series, status] = (known[0] + int(count), known[1] + float(seconds))
    for (series, status), (count, seconds) in sorted(sums.items(), key=lambda item: (names[item[0][0]], item[0][1])):
        route, method, cache = names[series]
        yield Total(route, method, status, cache, count, seconds)


def durations(found: Reading, ranges: Iterable[Range], names: Names) -> Iterable[DurationTotal]:
    table = schema.latencies
    dumps: dict[int, list[bytes]] = defaultdict(list)
    seconds: Counter[int] = Counter()
    for series, spent, dump in found.rows(table, ranges, (table.c.series, table.c.seconds, table.c.histogram)):
        dumps[series].append(dump)
        seconds[series] += spent
    for series in sorted(dumps, key=names.__getitem__):
        histogram = Histogram.load(*dumps[series])
        buckets = tuple(zip(BOUNDS, histogram.below(BOUNDS), strict=True))
        yield DurationTotal(*names[series], histogram.count, float(seconds[series]), buckets)


def counters(found: Reading, ranges: Iterable[Range]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for name, count in found.sums(schema.counters, ranges, (schema.counters.c.name,)):
        sums[name] += int(count)
    return sums
