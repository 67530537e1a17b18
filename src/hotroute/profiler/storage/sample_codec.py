"""Samples in the storage: which of them, and in which form."""

import json
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

import orjson

from hotroute.profiler.model.records import Event, Request, Sample
from hotroute.profiler.storage.dimensions import clean

MOST_OF_A_ROUTE = {"sample": 1, "slow": 2, "failed": 2}
MOST = 20
"""Samples that a worker keeps in a bucket: of a route (and method and outcome) for each kind, and of all."""

MOST_BYTES = 128 * 1024


def chosen(samples: Iterable[tuple[int, Sample]], kept: Counter[tuple[int, str]]) -> list[tuple[int, Sample]]:
    """Those of `samples` (each with its series) to be kept beside those counted in `kept`: the slowest."""
    counts = kept.copy()
    found = []
    for series, sample in sorted(samples, key=lambda each: -each[1].request.seconds):
        key = (series, sample.kind)
        if counts.total() < MOST and counts[key] < MOST_OF_A_ROUTE.get(sample.kind, 1):
            counts[key] += 1
            found.append((series, sample))
    return found


def row(series: int, worker: int, sample: Sample) -> dict[str, Any]:
    sample, body = packed(sample)
    return {
        "id": clean(sample.id, 200),
        "time": sample.request.time,
        "kind": clean(sample.kind, 20),
        "series": series,
        "status": sample.request.status,
        "seconds": sample.request.seconds,
        "cpu": sample.cpu,
        "worker": worker,
        "has_stack": bool(sample.stack),
        "size": len(body),
        "body": body,
    }


def packed(sample: Sample) -> tuple[Sample, bytes]:
    """The sample in few bytes: without its stack, then without its events, if there are too many otherwise."""
    body = dump(sample)
    if len(body) > MOST_BYTES and sample.stack:
        sample = replace(sample, stack="")
        body = dump(sample)
    if len(body) > MOST_BYTES:
        sample = replace(sample, events=(), left_out=sample.left_out + len(sample.events))
        body = dump(sample)
    return sample, body


def dump(sample: Sample) -> bytes:
    try:
        text = orjson.dumps(sample)
    except TypeError:
        # A surrogate that stands alone: of a file's name that is not UTF-8.
        text = json.dumps(asdict(sample)).encode()
    return zlib.compress(text, 3)


def load(body: bytes) -> Sample:
    # Not orjson, which refuses what `dump` may have written.
    values = json.loads(zlib.decompress(body))
    values["request"] = Request(**values["request"])
    values["events"] = tuple(Event(**event) for event in values["events"])
    return Sample(**values)
