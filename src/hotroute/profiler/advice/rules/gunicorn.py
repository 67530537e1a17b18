"""The values of gunicorn.conf.py that the busiest moments ask for."""

from collections.abc import Iterator
from math import ceil

from hotroute.profiler.advice.evidence import REQUESTS, Evidence
from hotroute.profiler.advice.peak import cpu
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.server import OUR_WORKER
from hotroute.profiler.advice.sizing import Fit, fit
from hotroute.profiler.advice.words import count, duration, many, megabytes, percent


def rule(evidence: Evidence) -> Iterator[Advice]:
    if evidence.is_crowded:
        # Threads look taken while their requests wait for the CPU: see cpu_bound.py.
        return
    if evidence.requests >= REQUESTS and any(route.split for route in evidence.routes):
        yield advice(evidence, fit(evidence))


def advice(evidence: Evidence, fitting: Fit) -> Advice:
    lines = changes(evidence, fitting)
    peak = evidence.peak
    return Advice(
        kind="gunicorn",
        severity="medium" if lines else "low",
        title=f"Gunicorn: {' '.join(lines)}"
        if lines
        else f"Gunicorn's settings fit: {sized(evidence.running, evidence.threads)}",
        text=f"{measured(evidence)} {conclusion(evidence, fitting)} {limits(evidence, fitting)}",
        do=f"Set {', '.join(lines)}, on each host." if lines else "Leave them.",
        numbers={
            "worker_class": OUR_WORKER,
            "workers": fitting.workers,
            "threads": fitting.threads,
            "current_worker_class": evidence.serving.worker_class,
            "current_workers": evidence.running,
            "current_threads": evidence.threads,
            "peak_requests_per_second": peak.rate,
            "peak_request_seconds": peak.concurrency / peak.rate if peak.rate else 0.0,
            "peak_concurrency": peak.concurrency,
            "peak_cores": peak.cores,
            "demand": fitting.demand,
            "waiting_share": waiting(evidence),
            "late_p95_seconds": peak.lateness,
            "queue": peak.queue,
            "hosts": evidence.hosts,
            "cpus": evidence.serving.cpus,
            "most_workers": fitting.most,
        },
    )


def changes(evidence: Evidence, fitting: Fit) -> list[str]:
    """The variables to set."""
    wanted = {
        "GUNICORN_WORKER_CLASS": (OUR_WORKER, evidence.serving.worker_class),
        "GUNICORN_WORKERS": (fitting.workers, evidence.running),
        "GUNICORN_THREADS": (fitting.threads, evidence.threads),
    }
    return [f"{name}={value}" for name, (value, now) in wanted.items() if value != now]


def sized(workers: int, threads: int) -> str:
    return f"{many(workers, 'worker')} with {many(threads, 'thread')} each"


def measured(evidence: Evidence) -> str:
    peak = evidence.peak
    each = peak.concurrency / peak.rate if peak.rate else 0.0
    hosts = f" on {evidence.hosts} hosts" if evidence.hosts > 1 else ""
    queue = f"; {many(peak.queue, 'connection')} waited to be accepted" if peak.queue else ""
    return (
        f"At the busiest {count(peak.rate)} requests a second of {duration(each)} each were"
        f" {count(peak.concurrency)} in progress (Little's law), using {count(peak.cores)} CPUs, with"
        f" {sized(evidence.running, evidence.threads)}{hosts}{queue}. Requests wait for {percent(waiting(evidence))} of"
        f" their time, and a sleeping probe woke {duration(peak.lateness)} late (p95)."
    )


def conclusion(evidence: Evidence, fitting: Fit) -> str:
    if evidence.computing:
        return (
            "The probe is late because threads compute: processes help, and a worker has no use for more threads than"
            f" {fitting.threads}."
        )
    return (
        f"With room for requests that come together that needs {many(ceil(fitting.demand), 'thread')} on a host, and"
        f" {count(fitting.cores)} CPUs.{beyond(fitting)}"
    )


def beyond(fitting: Fit) -> str:
    there = fitting.workers * fitting.threads
    if fitting.demand <= there:
        return ""
    return f" {there} threads are the most that are of use on one host: it takes another host."


def limits(evidence: Evidence, fitting: Fit) -> str:
    memory = "" if fitting.fit_in_memory is None else f", and memory for {many(fitting.fit_in_memory, 'worker')}"
    largest = max((worker.memory for worker in evidence.current), default=0)
    each = f" of {megabytes(largest)}" if memory else ""
    there = "is" if evidence.serving.cpus == 1 else "are"
    return f"There {there} {many(evidence.serving.cpus, 'CPU')}{memory}{each}: at most {many(fitting.most, 'worker')}."


def waiting(evidence: Evidence) -> float:
    """The share of all sampled time without CPU, 0 to 1."""
    known = [route for route in evidence.routes if route.split]
    seconds = sum(route.seconds for route in known)
    return max(0.0, 1 - sum(cpu(route) for route in known) / seconds) if seconds else 0.0
