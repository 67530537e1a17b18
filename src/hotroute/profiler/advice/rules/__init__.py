"""What there is to say, a function for each concern: from the evidence to advice, or to nothing."""

from collections.abc import Callable, Iterable

from hotroute.profiler.advice.evidence import Evidence
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.rules import (
    cpu_bound,
    db_pool,
    errors,
    gunicorn,
    io_bound,
    n_plus_one,
    profiler_overhead,
    slow_statement,
    tail_latency,
    too_little_data,
)
from hotroute.profiler.advice.rules.cache import candidate, ineffective, redis_outages

Rule = Callable[[Evidence], Iterable[Advice]]

RULES: tuple[Rule, ...] = (
    errors.rule,
    redis_outages.rule,
    n_plus_one.rule,
    io_bound.rule,
    cpu_bound.rule,
    candidate.rule,
    ineffective.rule,
    slow_statement.rule,
    tail_latency.rule,
    db_pool.rule,
    profiler_overhead.rule,
    gunicorn.rule,
    too_little_data.rule,
)
