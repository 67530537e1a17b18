"""Requests one by one, where a batch has those that are alike together."""

from collections.abc import Iterable, Sequence

from hotroute.profiler.model.records import Batch, Heartbeat, Request, RequestGroup, Sample
from hotroute.profiler.model.resolutions import FINEST, floor


def alike(requests: Iterable[Request]) -> list[RequestGroup]:
    return [
        RequestGroup(
            floor(each.time + each.seconds, FINEST), each.route, each.method, each.status, each.cache, [each.seconds]
        )
        for each in requests
    ]


def batch_of(
    requests: Iterable[Request] = (),
    samples: Sequence[Sample] = (),
    pulses: Sequence[Heartbeat] = (),
    counters: dict[str, int] | None = None,
    gauges: dict[str, float] | None = None,
) -> Batch:
    return Batch(alike(requests), list(samples), list(pulses), counters or {}, gauges or {})


def single(batch: Batch) -> list[Request]:
    """Each as if it had taken its time from the beginning of the bucket on."""
    return [
        Request(each.time, each.route, each.method, each.status, each.cache, seconds)
        for each in batch.requests
        for seconds in each.seconds
    ]
