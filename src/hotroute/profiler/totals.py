"""What was counted since the storage began: what is too old to change is in one row, the rest is added to it."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, select

from hotroute.profiler import levels, schema
from hotroute.profiler.histogram import Histogram
from hotroute.profiler.levels import FINEST, Range, ceiling
from hotroute.profiler.ranking import Names
from hotroute.profiler.reading import EXACT, Reading
from hotroute.profiler.summaries import DurationTotal, Span, Total, Totals

EVER = "ever"
"""The name of the state whose time says up to when everything is in `SUMMED`."""

SUMMED = Range(1, 0, 1)
"""Where the sum of everything old is: as a bucket of one second at the beginning of time."""

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def since(connection: Connection) -> int:
    """Up to when everything is in `SUMMED`, Unix seconds."""
    time = connection.scalar(select(schema.state.c.time).where(schema.state.c.name == EVER))
    return int(time or 0)


def totals(connection: Connection, names: Names, now: float) -> Totals:
    found = Reading(connection, Span(0, now), now, 1, EXACT)
    ranges = [SUMMED, *levels.summed(FINEST, since(connection), ceiling(now + FINEST, FINEST), found.stale)]
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
