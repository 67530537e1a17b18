"""What there is to say, a function for each concern: from the evidence to advice, or to nothing."""

from collections.abc import Callable, Iterable

from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.item import Advice
from hotroute.profiler.advice.rules import (
    computes,
    data,
    errors,
    gunicorn,
    hot,
    outages,
    pool,
    recording,
    repeats,
    statements,
    tail,
    unmark,
    waits,
)

Rule = Callable[[Evidence], Iterable[Advice]]

RULES: tuple[Rule, ...] = (
    errors.rule,
    outages.rule,
    repeats.rule,
    waits.rule,
    computes.rule,
    hot.rule,
    unmark.rule,
    statements.rule,
    tail.rule,
    pool.rule,
    recording.rule,
    gunicorn.rule,
    data.rule,
)
