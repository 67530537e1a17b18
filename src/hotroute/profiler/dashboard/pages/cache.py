"""The cache's page: how much it answers, what it costs, what is thrown away."""

from collections.abc import Mapping, Sequence

from hotroute.profiler.dashboard.blueprint import blueprint, history, show
from hotroute.profiler.dashboard.hit_ratio import ANSWERED, ASKED, Hits, hits
from hotroute.profiler.dashboard.pages.overview import rows
from hotroute.profiler.dashboard.query_args import read
from hotroute.profiler.model.results import CacheHistory

STEPS = 90


@blueprint.get("/cache")
def cache() -> str:
    asked = read()
    found = history().cache(asked.span, steps=STEPS)
    routes = sorted(found.routes, key=lambda each: -hits(each.cache).asked)
    return show(
        "cache",
        asked,
        found=found,
        hits=whole(found),
        ratios=ratios(found.outcomes, len(found.times)),
        rows=rows(routes, sum(each.seconds for each in routes)),
        outcomes=[*(name for name in ASKED if name in found.outcomes), *others(found.outcomes)],
    )


def whole(found: CacheHistory) -> Hits:
    return hits({outcome: sum(requests) for outcome, requests in found.outcomes.items()})


def others(outcomes: Mapping[str, Sequence[int]]) -> list[str]:
    return sorted(name for name in outcomes if name not in ASKED)


def ratios(outcomes: Mapping[str, Sequence[int]], steps: int) -> list[float | None]:
    """In each step the share that was answered; None where nobody asked."""

    def total(names: Sequence[str], step: int) -> int:
        return sum(outcomes[name][step] for name in names if name in outcomes)

    return [total(ANSWERED, step) / asked if (asked := total(ASKED, step)) else None for step in range(steps)]
