"""What is measured: three ways to be profiled, and the requests that they cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from profiling.bench import cases

TRIVIAL = "profiling.bench.profiler.applications:trivial"
CONDUIT = "profiling.bench.profiler.applications:conduit"


@dataclass(frozen=True)
class Way:
    """To be profiled, as the variable `BENCH_PROFILER` tells `profiling.bench.profiler.applications`."""

    name: str
    word: str


NONE = Way("no profiler", "none")
OURS = Way("Hotroute's", "ours")
STOCK = Way("Flask-Profiler as documented", "stock")
WAYS = (NONE, OURS, STOCK)


@dataclass(frozen=True)
class Case:
    """A request, and what the profiler may add to it: a multiple of what it costs without one."""

    name: str
    app: str
    path: str
    at_most: float
    shows: Callable[[Any], bool]
    ready: str = "/"
    environ: Mapping[str, str] = field(default_factory=dict, hash=False)
    hit: bool = False
    """Whether it must be answered from the cache, as `Cache-Status` says."""

    @property
    def ways(self) -> tuple[Way, ...]:
        """Flask-Profiler's wrapper reads all header fields within the view, so that no such answer is stored."""
        return tuple(way for way in WAYS if not (self.hit and way == STOCK))


UNCACHED = {"CACHE_ENABLED": "false"}
CACHED = {"CACHE_ENABLED": "true", "CACHE_MARK_TTL": "1"}
CASES = (
    Case("a trivial view", TRIVIAL, "/", 1.05, lambda answer: answer == {"hello": "world"}),
    Case("list of 20, uncached", CONDUIT, "/api/articles", 1.03, cases.articles, "/readyz", UNCACHED),
    Case("list of 20, a hit", CONDUIT, "/api/articles", 1.03, cases.articles, "/readyz", CACHED, hit=True),
)
