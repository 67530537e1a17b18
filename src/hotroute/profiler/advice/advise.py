"""From what was measured to what to do."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from hotroute.profiler.advice.evidence import Evidence, gather
from hotroute.profiler.advice.recommendation import SEVERITIES, Advice
from hotroute.profiler.advice.rules import RULES
from hotroute.profiler.advice.server import Serving
from hotroute.profiler.advice.words import name
from hotroute.profiler.model.results import TimeRange

if TYPE_CHECKING:
    from hotroute.profiler.queries.history import History

MOST = 4
"""Pieces of advice of one kind and severity that are told one by one: with hundreds of routes there are dozens."""

KINDS = {
    "unmark": "unmark them, or let them depend on less",
    "misses": "they are hot, and mostly missed",
    "bypassed": "they are hot, and go past the cache",
    "hot": "mark them @hot",
    "waits": "they wait",
    "computes": "they compute",
    "repeats": "repeated statements are one query",
    "errors": "they fail",
    "tail": "some of their requests take far longer than most",
}


def advise(history: "History", span: TimeRange, serving: Serving) -> list[Advice]:
    """What matters most first: by severity, then by what there is to gain.

    Where too little was measured the only advice is of the kind "data", and says how much is needed.
    """
    return judge(gather(history, span, serving))


def judge(evidence: Evidence) -> list[Advice]:
    found = [advice for rule in RULES for advice in rule(evidence)]
    ranked = sorted(found, key=lambda advice: (SEVERITIES.index(advice.severity), -advice.gain))
    return list(grouped(ranked))


def grouped(ranked: Iterable[Advice]) -> Iterator[Advice]:
    """Of one kind the first few; of the others, in the place of the next, which routes they are about."""
    kinds: dict[tuple[str, str], list[Advice]] = {}
    for advice in ranked:
        kinds.setdefault((advice.kind, advice.severity), []).append(advice)
    rests = {id(alike[MOST]): together(alike[MOST:]) for alike in kinds.values() if len(alike) > MOST + 1}
    left_out = {id(each) for alike in kinds.values() if len(alike) > MOST + 1 for each in alike[MOST + 1 :]}
    for advice in ranked:
        if id(advice) not in left_out:
            yield rests.get(id(advice), advice)


def together(alike: Sequence[Advice]) -> Advice:
    first = alike[0]
    return Advice(
        kind=first.kind,
        severity=first.severity,
        title=f"The same of {len(alike)} other routes: {KINDS.get(first.kind, first.kind)}",
        text=", ".join(name(each.route, each.method) for each in alike),
        do=first.do,
        gain=sum(each.gain for each in alike),
        numbers={"routes": len(alike)},
    )
