"""Metrics of all workers and hosts, in Prometheus' text format or OpenMetrics."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from hotroute.profiler.model.resolutions import MINUTE
from hotroute.profiler.model.results import TimeRange, Totals, WorkerSummary
from hotroute.profiler.queries.history import History
from hotroute.profiler.storage.fold import DROPPED

PER_WORKER = {
    "threads": "Threads that serve requests.",
    "busy": "Mean share of the threads that were within requests over the last minute, 0 to 1.",
    "in_flight": "Requests that are being served.",
    "queue": "Connections that wait to be accepted.",
    "memory_bytes": "Resident memory.",
    "late_seconds": "95th percentile of how late a sleeping thread woke, over the last minute.",
}


def metrics(history: History, accept: str = "") -> tuple[bytes, str]:
    """The answer to a scrape and its Content-Type; counters never get smaller, whichever workers come and go.

    Args:
        accept: the request's header, by which Prometheus asks for OpenMetrics.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the storage cannot be read.
    """
    registry = CollectorRegistry()
    registry.register(Measured(history))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class Measured(Collector):
    def __init__(self, history: History) -> None:
        self.history = history

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        now = self.history.clock()
        totals = self.history.totals()
        yield requests(totals)
        yield durations(totals)
        yield from counters(totals)
        recent = TimeRange(now - MINUTE, now)
        workers = [each for each in self.history.workers(recent).workers if each.alive]
        yield GaugeMetricFamily("hotroute_workers", "Worker processes that are alive.", value=len(workers))
        for name, meaning in PER_WORKER.items():
            yield per_worker(name, meaning, workers)
        yield store(self.history.gauges())


def requests(totals: Totals) -> Metric:
    family = CounterMetricFamily("http_requests", "Requests.", labels=("route", "method", "status", "cache"))
    for each in totals.requests:
        family.add_metric((each.route, each.method, str(each.status), each.cache), each.requests)
    return family


def durations(totals: Totals) -> Metric:
    meaning = "From the first byte of the WSGI call to the end of the answer; buckets are exact within 2 %."
    family = HistogramMetricFamily("http_request_duration_seconds", meaning, labels=("route", "method", "cache"))
    for each in totals.durations:
        buckets = [(str(bound), count) for bound, count in each.buckets]
        family.add_metric((each.route, each.method, each.cache), [*buckets, ("+Inf", each.requests)], each.seconds)
    return family


def counters(totals: Totals) -> Iterable[Metric]:
    events = CounterMetricFamily("hotroute_events", "What else was counted, by name.", labels=("event",))
    for name, count in sorted(totals.counters.items()):
        if name != DROPPED:
            events.add_metric((name,), count)
    yield events
    dropped = totals.counters.get(DROPPED, 0)
    yield CounterMetricFamily("hotroute_profiler_dropped", "Measurements that were not kept.", value=dropped)


def per_worker(name: str, meaning: str, workers: Iterable[WorkerSummary]) -> Metric:
    family = GaugeMetricFamily(f"hotroute_worker_{name}", meaning, labels=("host", "pid"))
    for each in workers:
        values = {
            "threads": each.threads,
            "busy": each.busy,
            "in_flight": each.in_flight,
            "queue": each.queue,
            "memory_bytes": each.memory,
            "late_seconds": each.late_p95,
        }
        value = values[name]
        if value is not None:
            family.add_metric((each.host, str(each.pid)), value)
    return family


def store(gauges: dict[str, float]) -> Metric:
    family = GaugeMetricFamily("hotroute_store", "What the cache's store says of itself.", labels=("name",))
    for name, value in sorted(gauges.items()):
        family.add_metric((name,), value)
    return family
