"""Too little was measured for advice: how much it takes."""

from collections.abc import Iterator

from hotroute.profiler.advice.evidence import REQUESTS, SAMPLES, SHARE, Evidence
from hotroute.profiler.advice.recommendation import Advice
from hotroute.profiler.advice.words import count, many, percent
from hotroute.profiler.model.results import RouteSummary


def rule(evidence: Evidence) -> Iterator[Advice]:
    if evidence.requests < REQUESTS:
        yield too_few(evidence)
    elif unknown := [route for route in evidence.routes if unsampled(evidence, route)]:
        yield unsampled_routes(unknown)


def too_few(evidence: Evidence) -> Advice:
    return Advice(
        kind="data",
        severity="low",
        title="Little was measured so far",
        text=f"{many(evidence.requests, 'request')} in this span. Most advice begins with {REQUESTS} requests, and what"
        f" is said of a route with {SAMPLES} of its requests looked at closely.",
        do="Take a longer span, or come back later.",
        numbers={"requests": evidence.requests, "needed_requests": REQUESTS, "needed_samples": SAMPLES},
    )


def unsampled(evidence: Evidence, route: RouteSummary) -> bool:
    samples = route.split.samples if route.split else 0
    return samples < SAMPLES and evidence.share(route) >= SHARE


def unsampled_routes(unknown: list[RouteSummary]) -> Advice:
    names = ", ".join(f"{route.method} {route.route}" for route in unknown[:3])
    return Advice(
        kind="data",
        severity="low",
        title=f"{many(len(unknown), 'route')} had too few requests looked at closely",
        text=f"Of {names}{' and more' if len(unknown) > 3 else ''} less than {SAMPLES} requests each were looked at"
        f" closely, so nothing is said of where their time goes, though each takes {percent(SHARE)} of all time or"
        " more.",
        do="Take a longer span, or raise PROFILER_SAMPLES_PER_SECOND.",
        numbers={
            "routes": len(unknown),
            "needed_samples": SAMPLES,
            "requests": count(sum(route.requests for route in unknown)),
        },
    )
