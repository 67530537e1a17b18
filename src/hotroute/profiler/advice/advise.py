"""From what was measured to what to do."""

from typing import TYPE_CHECKING

from hotroute.profiler.advice.evidence import Evidence, gather
from hotroute.profiler.advice.item import SEVERITIES, Advice
from hotroute.profiler.advice.rules import RULES
from hotroute.profiler.advice.serving import Serving
from hotroute.profiler.summaries import Span

if TYPE_CHECKING:
    from hotroute.profiler.history import History


def advise(history: "History", span: Span, serving: Serving) -> list[Advice]:
    """What matters most first: by severity, then by what there is to gain.

    Where too little was measured the only advice is of the kind "data", and says how much is needed.
    """
    return judge(gather(history, span, serving))


def judge(evidence: Evidence) -> list[Advice]:
    found = [advice for rule in RULES for advice in rule(evidence)]
    return sorted(found, key=lambda advice: (SEVERITIES.index(advice.severity), -advice.gain))
