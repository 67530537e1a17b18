"""A piece of advice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["high", "medium", "low"]
"""high: something is going wrong; medium: there is much to gain; low: as it should be, or little to gain."""

SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")
Number = float | int | str


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, where, and why.

    Attributes:
        kind: the rule's word, one of the names in `hotroute.profiler.advice.rules`.
        title: one line.
        text: why, with the numbers that matter.
        do: what to change or where to look.
        route, method: what it is about, "" where it is about the whole application.
        gain: seconds of request time in the span that following it may save at most; 0.0 where nobody can say.
        numbers: by name, with the unit at the end of the name where there is one ("wall_seconds"), as JSON takes it.
    """

    kind: str
    severity: Severity
    title: str
    text: str
    do: str
    route: str = ""
    method: str = ""
    gain: float = 0.0
    numbers: Mapping[str, Number] = field(default_factory=dict)
