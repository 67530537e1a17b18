"""Whether the profiler is as cheap as it has to be."""

from typing import NamedTuple

from hotroute.profiler.options import SAMPLES
from profiling.bench.profiler.alternating import Added
from profiling.bench.profiler.cases import Case
from profiling.bench.profiler.measuring import Cost


class Verdict(NamedTuple):
    """Of one case, in microseconds of CPU for a request.

    Attributes:
        plain: under Gunicorn, without a profiler.
        share: of the requests that are looked at closely while one CPU is busy with nothing else, 0 to 1.
        added: by ours: what a call costs more, counted and at times looked at, written down included.
    """

    case: Case
    plain: float
    share: float
    added: float

    @property
    def ratio(self) -> float:
        """By calls without a server: what a request costs under Gunicorn drifts by more than the profiler adds."""
        return 1 + self.added / self.plain

    @property
    def met(self) -> bool:
        return round(self.ratio, 3) <= self.case.at_most


class Judged(NamedTuple):
    """What calls of a case cost more, and what that means for its requests."""

    added: Added
    verdict: Verdict


def judge(plain: Cost, added: Added) -> Judged:
    whole = plain.own + plain.behind
    share = min(1.0, SAMPLES * whole / 1e6)
    return Judged(added, Verdict(plain.case, whole, share, added.usual(share)))
