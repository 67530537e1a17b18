"""What the flusher makes of what requests left: records without values, credentials or strangers' words."""

import re
import secrets
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from hotroute import instrumentation
from hotroute.profiler.model.records import NO_ROUTE, Batch, Event, Request, RequestGroup, Sample
from hotroute.profiler.model.resolutions import FINEST
from hotroute.profiler.options import Options
from hotroute.profiler.request import call_site
from hotroute.profiler.request.active_request import route
from hotroute.profiler.request.trace import Noted, Trace
from hotroute.profiler.worker import sql_fingerprint

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "QUERY"})
OTHER = "OTHER"
ASSETS = "/static/hotroute.profiler."
"""The dashboard's files, where no Nginx serves them."""

LONGEST = 200
"""Characters of an event's text, SQL aside."""


def build_batch(options: Options, records: Iterable[Any], samples: Iterable[Any], epoch: float) -> Batch:
    """
    Args:
        records: of `Watched.end`.
        samples: of `Watched.keep`.
        epoch: what must be added to `time.perf_counter` for Unix seconds.
    """
    made = Batch(requests=[alike for alike in group_requests(records, epoch) if not ignored(options, alike.route)])
    for sample in samples:
        kept = sampled(options, sample, epoch)
        if kept and not ignored(options, kept.request.route):
            made.samples.append(kept)
    collapsed = sum(len(alike.seconds) for alike in made.requests if alike.cache == "collapsed")
    if collapsed:
        made.counters["stampedes avoided"] = collapsed
    return made


def group_requests(records: Iterable[Any], epoch: float) -> list[RequestGroup]:
    """All that is done for each request is to put its time into a list: what they have in common is made of it once."""
    groups: defaultdict[Any, list[float]] = defaultdict(list)
    for began, rule, method, status, told, seconds in records:
        groups[int((began + epoch + seconds) // FINEST), rule, method, status, told].append(seconds)
    return [RequestGroup(bucket * FINEST, *labels(*asked), seconds) for (bucket, *asked), seconds in groups.items()]


def labels(rule: str, method: str, status: str, told: tuple[str, str, str] | None) -> tuple[str, str, int, str]:
    """Route, method, status and cache as `Request` has them."""
    cache = outcome(told[1], told[2]) if told else ""
    return route(rule, told) or NO_ROUTE, method if method in METHODS else OTHER, code(status), cache


def outcome(status: str, level: str) -> str:
    """In the words of `records.Request.cache`, what `Cache-Status` said."""
    if status.startswith("hit"):
        return f"{level} hit"
    if status.startswith("fwd=miss; collapsed") and "collapsed=?0" not in status:
        return "collapsed"
    return "miss" if status.startswith("fwd=miss") else "bypass"


@lru_cache(1000)
def code(status: str) -> int:
    return int(status[:3]) if status[:3].isdecimal() else 500


def ignored(options: Options, route: str) -> bool:
    return matches(options.ignore, options.root, route)


@lru_cache(10_000)
def matches(patterns: tuple[str, ...], root: str, route: str) -> bool:
    """Flask-Profiler searches for its patterns anywhere in a rule. What the profiler shows is not measured either."""
    own = route == "/metrics" or f"{route}/".startswith((f"/{root}/", ASSETS))
    return own or any(re.search(pattern, route) for pattern in patterns)


def sampled(options: Options, sample: Any, epoch: float) -> Sample | None:
    """None where Flask-Profiler's sampling function did not want a request that nobody knew to be slow or failed."""
    identity, kind, record, look, stacks = sample
    began, rule, method, status, told, seconds = record
    request = Request(began + epoch, *labels(rule, method, status, told), seconds)
    stack = stacks.folded() if stacks else ""
    identity = identity or secrets.token_hex(16)
    # What the cache answers comes to no view, whose sampling function would say yes.
    answered = request.cache.endswith("hit") or request.cache == "collapsed"
    is_unseen = look.view_seconds is None and (rule or told) and not answered
    refused = look.sampled and options.sampling_function and is_unseen
    if refused and kind == "sample":
        return None
    return build_sample(identity, kind, request, look, began, stack, chosen=look.sampled and not refused)


def build_sample(  # noqa: PLR0913, PLR0917
    identity: str, kind: str, request: Request, look: Trace, began: float, stack: str, *, chosen: bool
) -> Sample:
    return Sample(
        id=identity,
        kind=kind,
        request=request,
        view=look.view_seconds or 0.0,
        cpu=look.cpu or 0.0,
        sql=look.spent("sql"),
        cache_seconds=look.spent("cache"),
        outgoing=look.spent("http"),
        size=look.size,
        events=tuple(event(noted, began) for noted in sorted(look.events, key=lambda each: each[1])),
        left_out=sum(count for count, _ in (look.overflow or {}).values()),
        stack=stack,
        chosen=chosen,
    )


def event(noted: Noted, began: float) -> Event:
    kind, at, seconds, text, line = noted
    text, mark = sql_fingerprint.of(text) if kind == "sql" else (text[:LONGEST], "")
    return Event(kind, max(0.0, at - began), seconds, text, call_site.format_line(line), mark)


class Counts:
    """What has been counted in this process since the last batch."""

    def __init__(self) -> None:
        self.before = dict(instrumentation.counts)

    def add(self, batch: Batch) -> None:
        now = dict(instrumentation.counts)
        for name, count in now.items():
            if new := count - self.before.get(name, 0):
                batch.counters[name] = batch.counters.get(name, 0) + new
        self.before = now
