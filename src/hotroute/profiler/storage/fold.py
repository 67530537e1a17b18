"""A worker's batches folded into sums for each bucket of ten seconds, in bounded memory."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from hotroute.profiler.model.histogram import Histogram
from hotroute.profiler.model.records import OTHER_ROUTES, Batch, Event, Heartbeat, RequestGroup, Sample
from hotroute.profiler.model.resolutions import FINEST, LATEST, floor
from hotroute.profiler.storage import facts, sample_codec, schema
from hotroute.profiler.storage.dimensions import OTHER_STATEMENTS, Dimensions, clean
from hotroute.profiler.storage.facts import CHOSEN, Facts, accumulate

MOST_SERIES = 2_000
MOST_EXECUTIONS = 2_000
"""Rows for a bucket: routes (with method and cache's outcome), and statements of these."""

OPEN = 4
"""Buckets that are kept in memory: those that were written last."""

REMEMBERED = 1_000
DROPPED = "dropped"
"""The counter of what workers did not keep; it is also in their pulses."""


class Buckets:
    """What the worker has written of its newest buckets: a row in the storage is a copy of the one here."""

    def __init__(self) -> None:
        self.open: dict[int, Facts] = {}
        self.closed: dict[int, None] = {}

    def of(self, time: float, now: float) -> int:
        """The bucket in which something is counted that was at `time`.

        What is too late is counted as of now: its row is not in memory anymore, or is already merged into others.
        """
        bucket = floor(time, FINEST)
        if bucket not in self.closed and bucket > now - LATEST:
            return bucket
        newest = floor(now, FINEST)
        return newest if newest not in self.closed else next(reversed(self.open))

    def rows(self, bucket: int) -> Facts:
        return self.open.get(bucket, {})

    def update(self, written: dict[int, Facts]) -> None:
        for bucket, sums in sorted(written.items()):
            known = self.open.pop(bucket, {})
            facts.update(known, sums)
            self.open[bucket] = known
        while len(self.open) > OPEN:
            oldest = next(iter(self.open))
            del self.open[oldest]
            self.closed[oldest] = None
        while len(self.closed) > REMEMBERED:
            del self.closed[next(iter(self.closed))]


class Fold:
    """What one batch adds, without changing what is there: its write may fail.

    Attributes:
        added: sums by bucket.
        samples: those to be kept, each with its series.
        pulse: the last one, for the next batch to know how long ago it was.
    """

    def __init__(self, buckets: Buckets, names: Dimensions, now: float, pulse: float) -> None:
        self.buckets, self.names, self.now, self.pulse = buckets, names, now, pulse
        self.added: dict[int, Facts] = defaultdict(dict)
        self.samples: list[tuple[int, Sample]] = []

    def fold(self, batch: Batch) -> None:
        self.requests(batch.requests)
        self.look(batch.samples)
        for pulse in batch.pulses:
            self.beat(pulse)
        for name, count in batch.counters.items():
            self.count(clean(name, 100), count)

    def requests(self, requests: Iterable[RequestGroup]) -> None:
        for each in requests:
            bucket = self.buckets.of(each.time, self.now)
            series = self.series(bucket, each.route, each.method, each.cache)
            histogram = Histogram()
            histogram.add_all(each.seconds)
            count, spent = len(each.seconds), sum(each.seconds)
            accumulate(self.added[bucket], schema.requests.name, (series, each.status), (count, spent))
            accumulate(
                self.added[bucket], schema.latencies.name, (series,), (count, spent, max(each.seconds), histogram)
            )

    def series(self, bucket: int, route: str, method: str, cache: str) -> int:
        known = self.names.found.get((route, method, cache))
        if self.fits(bucket, schema.latencies.name, (known,), MOST_SERIES):
            return self.names.series(route, method, cache)
        return self.names.series(OTHER_ROUTES, method, cache)

    def fits(self, bucket: int, table: str, key: facts.Key, most: int) -> bool:
        there, added = self.buckets.rows(bucket).get(table, {}), self.added[bucket].get(table, {})
        return key in there or key in added or len(there) + len(added) < most

    def look(self, samples: Iterable[Sample]) -> None:
        groups: dict[tuple[int, str, str, str], list[Sample]] = defaultdict(list)
        for sample in samples:
            each = sample.request
            groups[int((each.time + each.seconds) // FINEST), each.route, each.method, each.cache].append(sample)
        candidates: dict[int, list[tuple[int, Sample]]] = defaultdict(list)
        for (number, *names), looks in groups.items():
            bucket = self.buckets.of(number * FINEST, self.now)
            series = self.series(bucket, *names)
            candidates[bucket] += [(series, sample) for sample in looks]
            if chosen := [sample for sample in looks if sample.chosen]:
                sums = tuple(map(sum, zip(*map(split, chosen), strict=True)))
                accumulate(self.added[bucket], schema.splits.name, (series,), sums)
                self.execute(bucket, series, chosen)
        for bucket, found in candidates.items():
            self.choose(bucket, found)

    def execute(self, bucket: int, series: int, samples: Iterable[Sample]) -> None:
        texts: dict[tuple[str, str], str] = {}
        sums: dict[tuple[str, str], facts.Values] = {}
        for sample in samples:
            for key, events in statements(sample).items():
                requests, executions, most, seconds = sums.get(key, (0, 0, 0, 0.0))
                count, spent = len(events), sum([event.seconds for event in events])
                sums[key] = (requests + 1, executions + count, max(most, count), seconds + spent)
                texts[key] = events[0].text
        for (fingerprint, place), values in sums.items():
            known = self.names.found.get((fingerprint, place))
            if self.fits(bucket, schema.executions.name, (series, known), MOST_EXECUTIONS):
                statement = self.names.statement(fingerprint, place, texts[fingerprint, place])
            else:
                statement = self.names.statement(OTHER_STATEMENTS, "", OTHER_STATEMENTS)
            accumulate(self.added[bucket], schema.executions.name, (series, statement), values)

    def choose(self, bucket: int, candidates: Iterable[tuple[int, Sample]]) -> None:
        counts = self.buckets.rows(bucket).get(CHOSEN, {})
        kept = Counter({(series, kind): count for (series, kind), (count,) in counts.items()})
        for series, sample in sample_codec.chosen(candidates, kept):
            self.samples.append((series, sample))
            accumulate(self.added[bucket], CHOSEN, (series, sample.kind), (1,))

    def beat(self, pulse: Heartbeat) -> None:
        lateness = Histogram()
        lateness.add_all(pulse.lateness)
        values = (
            max(0.0, pulse.time - self.pulse),
            pulse.busy,
            pulse.threads,
            pulse.in_flight,
            -1 if pulse.queue is None else pulse.queue,
            pulse.memory,
            lateness,
            pulse.requests,
            pulse.dropped,
            pulse.own_cpu,
        )
        accumulate(self.added[self.buckets.of(pulse.time, self.now)], schema.pulses.name, (), values)
        self.pulse = max(self.pulse, pulse.time)
        if pulse.dropped:
            self.count(DROPPED, pulse.dropped)

    def count(self, name: str, count: int) -> None:
        accumulate(self.added[self.buckets.of(self.now, self.now)], schema.counters.name, (name,), (count,))


def statements(sample: Sample) -> dict[tuple[str, str], list[Event]]:
    """Executions by fingerprint and place."""
    found: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in sample.events:
        if event.kind == "sql":
            found[event.fingerprint, event.place].append(event)
    return found


def split(sample: Sample) -> tuple[float, ...]:
    """In the order of the columns of `schema.splits`."""
    statements = [event.kind for event in sample.events].count("sql")
    return (
        1,
        sample.request.seconds,
        sample.view,
        sample.cpu,
        sample.sql,
        sample.cache_seconds,
        sample.outgoing,
        sample.waiting,
        statements,
        sample.size or 0,
        int(sample.size is not None),
    )
