"""A run in numbers, a line for each route; and beside them those of the run that is compared with."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hotroute.profiler.dashboard.hit_ratio import hits
from hotroute.profiler.model.results import RouteSummary

SCHEMA = 1


@dataclass(frozen=True)
class Numbers:
    """Of one route: seconds, and statements for each request; None where nothing was sampled, or no cache was asked."""

    requests: int
    errors: int
    refused: int
    mean: float
    p50: float
    p95: float
    p99: float
    cpu: float | None
    sql: float | None
    statements: float | None
    hit_ratio: float | None


def of(route: RouteSummary) -> Numbers:
    split, latency = route.split, route.latency
    return Numbers(
        requests=route.requests,
        errors=route.errors,
        refused=route.refused,
        mean=route.seconds / route.requests,
        p50=latency.p50,
        p95=latency.p95,
        p99=latency.p99,
        cpu=split.cpu if split else None,
        sql=split.sql if split else None,
        statements=split.statements if split else None,
        hit_ratio=hits(route.cache).ratio,
    )


@dataclass(frozen=True)
class Baseline:
    """A run that others are compared with: what it was run on, its rate, and its routes by "GET /path"."""

    facts: Mapping[str, str]
    rate: float
    routes: Mapping[str, Numbers]

    def save(self, file: Path) -> None:
        routes = {name: rounded(numbers) for name, numbers in sorted(self.routes.items())}
        document = {"schema": SCHEMA, "facts": dict(self.facts), "rate": round(self.rate, 1), "routes": routes}
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, indent=2) + "\n")


def rounded(numbers: Numbers) -> dict[str, Any]:
    """To a microsecond."""
    return {name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(numbers).items()}


def load(file: Path) -> Baseline | None:
    """None where there is none yet, or it is of another schema."""
    if not file.exists():
        return None
    document = json.loads(file.read_text())
    if document["schema"] != SCHEMA:
        return None
    routes = {name: Numbers(**values) for name, values in document["routes"].items()}
    return Baseline(document["facts"], document["rate"], routes)
