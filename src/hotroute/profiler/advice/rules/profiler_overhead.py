"""What the profiler could not keep, and what it costs itself."""

from collections.abc import Iterator

from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.words import count, percent

OWN = 0.05
"""Of a core."""


def rule(evidence: Evidence) -> Iterator[Advice]:
    if lost := sum(worker.dropped for worker in evidence.workers.workers):
        yield dropped(evidence, lost)
    if (own := max((worker.own_cpu for worker in evidence.current), default=0.0)) > OWN:
        yield costly(own)


def dropped(evidence: Evidence, lost: int) -> Advice:
    share = lost / (evidence.requests + lost)
    return Advice(
        kind="dropped",
        severity="low",
        title=f"{count(lost)} records of the profiler did not fit, and are missing",
        text="They were close looks at slow or failed requests, of which only so many are kept each second, or"
        f" requests that the counts now lack; {count(evidence.requests)} were counted.",
        do="Look in the log for a storage that is slow or cannot be written to; PostgreSQL (PROFILER_URL) takes more.",
        numbers={"dropped": lost, "share": share},
    )


def costly(own: float) -> Advice:
    return Advice(
        kind="cost",
        severity="low",
        title=f"The profiler takes {percent(own)} of a core in a worker",
        text="That is its threads, which write and watch.",
        do="Lower PROFILER_SAMPLES_PER_SECOND: every request is still counted, fewer are looked at closely.",
        numbers={"own_cpu": own},
    )
