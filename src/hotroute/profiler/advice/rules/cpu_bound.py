"""Routes that compute: processes are what they need, for one interpreter runs one thread at a time."""

from collections.abc import Iterator

from hotroute.profiler.advice.evidence import HOLDING, Evidence, holds
from hotroute.profiler.advice.peak import cpu
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.words import count, duration, many, name, percent
from hotroute.profiler.model.results import RouteSummary, TimeBreakdown

SHARE = 0.2
"""Of all CPU that requests used."""
JOB = 0.1
"""Seconds of CPU in one request, from which nobody should wait for it."""


def rule(evidence: Evidence) -> Iterator[Advice]:
    if evidence.computing:
        total = sum(cpu(route) for route in evidence.routes)
        for route in evidence.sampled():
            if route.split and holds(route) and cpu(route) >= SHARE * total:
                yield advice(evidence, route, route.split, cpu(route) / total)
    elif evidence.is_crowded:
        yield crowded(evidence)


def advice(evidence: Evidence, route: RouteSummary, split: TimeBreakdown, share: float) -> Advice:
    more = evidence.running < evidence.serving.cpus
    return Advice(
        kind="computes",
        severity="high" if split.cpu >= JOB else "medium",
        route=route.route,
        method=route.method,
        title=f"{name(route.route, route.method)} computes: {'more workers' if more else 'less to compute'}"
        + (", or a job" if split.cpu >= JOB else ""),
        text=f"A sleeping probe woke {duration(evidence.peak.lateness)} late (p95, at the busiest), so threads fight"
        f" for the interpreter, and this route has {percent(share)} of all CPU: {duration(split.cpu)} a request.",
        do=f"{remedy(evidence, more)}{job(split)}",
        gain=max(0.0, split.wall - split.cpu - split.sql - split.outgoing - split.cache) * route.requests,
        numbers={
            "cpu_seconds": split.cpu,
            "wall_seconds": split.wall,
            "share_of_all_cpu": share,
            "late_p95_seconds": evidence.peak.lateness,
            "peak_cores": evidence.peak.cores,
            "workers": evidence.running,
            "cpus": evidence.serving.cpus,
            "sampled_requests": split.samples,
        },
    )


def remedy(evidence: Evidence, more: bool) -> str:
    cpus = evidence.serving.cpus
    if more:
        return f"Threads do not help; {many(evidence.running, 'worker')} on {cpus} CPUs can be more: GUNICORN_WORKERS."
    return (
        f"Threads do not help, and {many(evidence.running, 'worker')} have {many(cpus, 'CPU')} already: fewer threads,"
        " another machine, or less work."
    )


def job(split: TimeBreakdown) -> str:
    return (
        " That is long enough to be a job: answer 202 (RFC 9110, section 15.3.3) and compute it outside of the request."
        if split.cpu >= JOB
        else ""
    )


def crowded(evidence: Evidence) -> Advice:
    return Advice(
        kind="crowded",
        severity="medium",
        title="Something else takes the CPU",
        text=f"A sleeping probe woke {duration(evidence.peak.lateness)} late (p95, at the busiest), though requests"
        f" used {count(evidence.peak.cores)} CPUs in {many(evidence.served, 'worker')}, and"
        f" {count(evidence.peak.concurrency)} were in progress at once; {percent(evidence.holding)} of that CPU was"
        f" in routes that compute for {duration(HOLDING)} or longer. Other processes, a CPU quota of the container, or"
        " another guest of the machine may be in the way.",
        do="Look there before changing Gunicorn's settings.",
        numbers={
            "late_p95_seconds": evidence.peak.lateness,
            "peak_cores": evidence.peak.cores,
            "peak_concurrency": evidence.peak.concurrency,
            "workers": evidence.served,
        },
    )
