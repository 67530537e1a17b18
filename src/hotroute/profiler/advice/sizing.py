"""How many processes and threads the busiest moments ask for."""

import math
from typing import NamedTuple

from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.peak import cpu
from hotroute.profiler.advice.server import Serving

THREADS = Serving().threads

FULL = 0.7
"""Of a CPU: a worker that computes more keeps requests waiting (as a queue does near its capacity)."""
SATURATED = 0.85
"""Of the threads: then arrivals are held back, and what was measured is less than what is asked for."""
MEMORY = 0.8
"""Of the limit; the rest is for the database's and the kernel's caches, and for growth."""
MOST_THREADS = 64
FEWEST = 2
"""Workers: one serves while another restarts."""


class Fit(NamedTuple):
    """Of one host: what is recommended, and what it follows from.

    Attributes:
        demand: threads that the busiest moments need, in all workers.
        cores: CPUs that its requests used.
        most: workers that CPUs and memory allow.
        fit_in_memory: workers that memory alone allows, None where it is not known.
    """

    workers: int
    threads: int
    demand: float
    cores: float
    most: int
    fit_in_memory: int | None


def fit(evidence: Evidence) -> Fit:
    memory = fit_in_memory(evidence)
    most = max(FEWEST, evidence.serving.cpus) if memory is None else min(max(FEWEST, evidence.serving.cpus), memory)
    cores = evidence.peak.cores / evidence.hosts
    needed = most if evidence.computing else math.ceil(cores / FULL)
    workers = min(most, max(FEWEST, evidence.running, needed))
    wanted = demand(evidence)
    return Fit(workers, threads(evidence, workers, wanted), wanted, cores, most, memory)


def fit_in_memory(evidence: Evidence) -> int | None:
    """At least one: without it nothing is served."""
    largest = max((worker.memory for worker in evidence.current), default=0)
    if not largest or evidence.serving.memory is None:
        return None
    return max(1, int(evidence.serving.memory * MEMORY / largest))


def demand(evidence: Evidence) -> float:
    """Little's law: requests in progress = arrivals per second x seconds of each; and room for bursts.

    Arrivals at random make that number vary by its square root; twice that on top keeps nearly all of them from
    waiting (the square-root staffing rule: Halfin and Whitt, Operations Research 29, 1981).
    """
    concurrency = evidence.peak.concurrency / evidence.hosts
    wanted = concurrency + 2 * math.sqrt(concurrency) + evidence.peak.queue
    return max(wanted, 2.0 * evidence.running * evidence.threads) if evidence.busy >= SATURATED else wanted


def threads(evidence: Evidence, workers: int, wanted: float) -> int:
    """Of each worker; not fewer than there are, unless they fight for the interpreter."""
    needed = max(evidence.threads, math.ceil(wanted / workers))
    most = min(MOST_THREADS, useful(evidence)) if evidence.computing else MOST_THREADS
    return min(needed, most)


def useful(evidence: Evidence) -> int:
    """Threads that keep one interpreter busy: one computes while the others wait, for what is not the interpreter.

    Not fewer than the default: a request that is quick must not wait until one that computes is done.
    """
    computed = waited = 0.0
    for route in evidence.routes:
        if route.split and route.split.wall:
            computed += cpu(route)
            apart = route.split.sql + route.split.cache + route.split.outgoing
            waited += route.seconds * min(1.0, apart / route.split.wall)
    return max(THREADS, 1 + math.ceil(waited / computed)) if computed else THREADS
