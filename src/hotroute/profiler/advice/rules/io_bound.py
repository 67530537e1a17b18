"""Routes that wait: threads are what they need, while the interpreter is free."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.words import count, duration, many, name, percent
from hotroute.profiler.model.results import RouteSummary, TimeBreakdown

CPU = 0.35
"""Of its time: a route below it waits."""
WORTHWHILE = 0.002
"""Seconds: a request below is not worth a thread more."""
SLOW = 0.1
"""Seconds: a request from here on is worth a look at what it waits for, even where there are threads enough."""


def rule(evidence: Evidence) -> Iterator[Advice]:
    if evidence.computing or evidence.is_crowded:
        # Then they wait for the interpreter or the CPU too, and threads would make that longer: see cpu_bound.py.
        return
    found = [advice(evidence, route, split) for route, split in waiting(evidence)]
    yield from [joined(found)] if evidence.scarce and len(found) > 1 else found


def waiting(evidence: Evidence) -> Iterator[tuple[RouteSummary, TimeBreakdown]]:
    least = WORTHWHILE if evidence.scarce else SLOW
    for route in evidence.sampled():
        if route.split and route.split.wall >= least and route.split.cpu <= CPU * route.split.wall:
            yield route, route.split


def joined(found: Sequence[Advice]) -> Advice:
    """Return one piece of advice, of the route that waits most: more threads are one setting, for all of them."""
    most, *others = sorted(found, key=lambda each: -each.gain)
    names = ", ".join(name(each.route, each.method) for each in others)
    return replace(
        most,
        title=f"{name(most.route, most.method)} and {many(len(others), 'other route')} wait: more threads",
        text=f"Most of the waiting is of {name(most.route, most.method)}. {most.text} So do {names}.",
        gain=sum(each.gain for each in found),
    )


def advice(evidence: Evidence, route: RouteSummary, split: TimeBreakdown) -> Advice:
    share = split.cpu / split.wall
    return Advice(
        kind="waits",
        severity="medium" if evidence.scarce else "low",
        route=route.route,
        method=route.method,
        title=f"{name(route.route, route.method)} waits"
        + (": more threads" if evidence.scarce else ", and there are threads enough"),
        text=f"Its CPU share is {percent(share)}: {duration(split.cpu)} of {duration(split.wall)}. {waited(split)}"
        f" {busiest(evidence)}",
        do=do(evidence),
        gain=route.seconds * (1 - share) if evidence.scarce else 0.0,
        numbers={
            "cpu_share": share,
            "wall_seconds": split.wall,
            "cpu_seconds": split.cpu,
            "sql_seconds": split.sql,
            "cache_seconds": split.cache,
            "outgoing_seconds": split.outgoing,
            "late_p95_seconds": evidence.peak.lateness,
            "peak_concurrency": evidence.peak.concurrency,
            "threads": evidence.threads * evidence.served,
            "sampled_requests": split.samples,
        },
    )


def waited(split: TimeBreakdown) -> str:
    parts = {"the database": split.sql, "outgoing HTTP": split.outgoing, "the cache": split.cache}
    told = [f"{duration(seconds)} for {what}" for what, seconds in parts.items() if seconds >= 0.1 * split.waiting > 0]
    other = split.waiting - sum(parts.values())
    if other >= 0.1 * split.waiting:
        told.append(f"{duration(other)} for something that is not recorded")
    return f"It waits {', '.join(told)}." if told else ""


def busiest(evidence: Evidence) -> str:
    threads = evidence.threads * evidence.served
    queue = f", and {many(evidence.peak.queue, 'connection')} waited to be accepted" if evidence.peak.queue else ""
    return (
        f"While it waits its thread is taken: at the busiest {count(evidence.peak.concurrency)} of {threads} threads"
        f" were in use{queue}. A sleeping probe woke at most {duration(evidence.peak.lateness)} late (p95)."
    )


def do(evidence: Evidence) -> str:
    if evidence.scarce:
        return "Raise GUNICORN_THREADS: nobody computes in their way."
    return "Nothing about threads, more of them would change nothing now; what makes it faster is what it waits for."
