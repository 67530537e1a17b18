"""Routes summed up over a span."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hotroute.profiler.model.histogram import Histogram
from hotroute.profiler.model.results import Quantiles, RouteSummary, TimeBreakdown
from hotroute.profiler.storage import schema
from hotroute.profiler.storage.reader import Reading

Names = Mapping[int, tuple[str, str, str]]
"""Route, method and cache's outcome of each series."""

SHARES = (0.0, 0.5, 0.95, 0.99, 0.999)
NUMBERS = tuple(column.name for column in schema.values(schema.splits))


@dataclass
class Sums:
    """Of one route and method."""

    requests: int = 0
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    cache: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    dumps: list[bytes] = field(default_factory=list)
    latencies: Histogram = field(default_factory=Histogram)
    split: dict[str, float] = field(default_factory=lambda: dict.fromkeys(NUMBERS, 0.0))
    steps: list[int] = field(default_factory=list)

    def histogram(self) -> Histogram:
        """What was found is read once, however often it is asked for: there are thousands of rows."""
        if self.dumps:
            self.latencies.merge(Histogram.load(*self.dumps))
            self.dumps.clear()
        return self.latencies

    def quantiles(self) -> Quantiles:
        return quantiles(self.histogram(), self.longest)

    def summary(self, route: str, method: str) -> RouteSummary:
        return RouteSummary(
            route=route,
            method=method,
            requests=self.requests,
            errors=sum(count for status, count in self.statuses.items() if status >= 500),
            refused=sum(count for status, count in self.statuses.items() if 400 <= status < 500),
            seconds=self.seconds,
            latency=self.quantiles(),
            cache={outcome: count for outcome, count in self.cache.items() if outcome and count},
            sparkline=tuple(self.steps),
            split=split(self.split),
        )


def quantiles(histogram: Histogram, longest: float) -> Quantiles:
    # The middle of the last bucket may be beyond what was ever seen.
    shortest, p50, p95, p99, p999 = (min(each, longest) for each in histogram.quantiles(SHARES))
    return Quantiles(p50, p95, p99, p999, longest, shortest)


def split(sums: Mapping[str, float]) -> TimeBreakdown | None:
    samples = int(sums.get("samples", 0))
    if not samples:
        return None
    names = ("wall", "view", "cpu", "sql", "cache", "outgoing", "waiting", "statements")
    means = {name: sums[name] / samples for name in names}
    return TimeBreakdown(samples=samples, size=sums["size"] / sums["sized"] if sums["sized"] else 0.0, **means)


def sums(reading: Reading, names: Names, series: Sequence[int] | None = None) -> dict[tuple[str, str], Sums]:
    """Of each route and method, or only of those with these series."""
    found: dict[tuple[str, str], Sums] = defaultdict(lambda: Sums(steps=[0] * len(reading.times)))
    whole = reading.whole()
    table = schema.requests
    for number, status, count, seconds in reading.sums(table, whole, (table.c.series, table.c.status), series):
        route, method, outcome = names[number]
        each = found[route, method]
        each.requests += int(count)
        each.seconds += float(seconds)
        each.statuses[status] += int(count)
        each.cache[outcome] += int(count)
    table = schema.latencies
    columns = (table.c.series, table.c.longest, table.c.histogram)
    for number, longest, dump in reading.rows(table, whole, columns, series):
        each = found[names[number][:2]]
        each.longest = max(each.longest, longest)
        each.dumps.append(dump)
    for number, *numbers in reading.sums(schema.splits, whole, (schema.splits.c.series,), series):
        added = found[names[number][:2]].split
        for name, value in zip(NUMBERS, numbers, strict=True):
            added[name] += float(value)
    table = schema.requests
    for number, bucket, count, _ in reading.sums(table, reading.stepwise(), (table.c.series, table.c.bucket), series):
        found[names[number][:2]].steps[reading.index(bucket)] += int(count)
    return {key: each for key, each in found.items() if each.requests}


def ranked(found: Mapping[tuple[str, str], Sums]) -> list[RouteSummary]:
    """The one that took most time in all first."""
    return sorted((each.summary(*key) for key, each in found.items()), key=lambda each: (-each.seconds, each.route))
