"""Which requests write, and what they may change."""

from collections.abc import Iterable

from hotroute.profiler.model.results import RouteSummary

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
"""RFC 9110, section 9.2.1: what may change something."""


def writes(routes: Iterable[RouteSummary], prefix: tuple[str, ...] = ()) -> int:
    """Requests that wrote, as far as their method and status tell, on routes that begin like `prefix` or above it."""
    return sum(done(route) for route in routes if route.method in UNSAFE and akin(static_prefix(route.route), prefix))


def done(route: RouteSummary) -> int:
    """Requests that were neither refused nor failed."""
    return route.requests - route.errors - route.refused


def akin(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def static_prefix(route: str) -> tuple[str, ...]:
    """The segments before the first parameter: "/api/articles/<slug>/comments" -> ("api", "articles")."""
    return tuple(segment for segment in route.partition("<")[0].split("/") if segment)
