"""What `@hot` says of a view."""

from collections.abc import Callable
from dataclasses import dataclass
from string import Formatter
from typing import Any, Literal, TypeVar

View = TypeVar("View", bound=Callable[..., Any])
Caller = Literal["anonymous", "anyone", "each"]


@dataclass(frozen=True, slots=True)
class Hot:
    """Options of a hot route; see `hot`."""

    ttl: float
    query: frozenset[str]
    unknown: Literal["bypass", "drop"]
    caller: Caller
    tags: tuple[str, ...] | None
    host: bool
    vary: tuple[str, ...]
    statuses: frozenset[int]


def hot(  # noqa: PLR0913  # each is a word that a user says about a route
    *,
    ttl: float = 60.0,
    query: tuple[str, ...] = (),
    unknown: Literal["bypass", "drop"] = "bypass",
    caller: Caller = "anonymous",
    tags: tuple[str, ...] | None = None,
    host: bool = False,
    vary: tuple[str, ...] = (),
    statuses: tuple[int, ...] = (200,),
) -> Callable[[View], View]:
    """Answer a GET view from the cache, never older than a committed write.

    Args:
        ttl: seconds after which an answer is made anew in any case.
        query: the query parameters that matter.
        unknown: what to do with other parameters: "bypass" the cache, or "drop" them from the key, which says that the
            view does not look at them.
        caller: who shares answers. "anonymous": requests without credentials share one, others pass the cache by.
            "each": every caller has answers of their own. "anyone": the answer does not depend on the caller.
        tags: what the answer depends on: "article:{slug}" (with the route's arguments, and {caller}), a table's name,
            or what `invalidate` names. None: the tables that the view's statements read, found out as it runs.
        host: whether the answer depends on the host name.
        vary: request header fields that it depends on (RFC 9110, section 12.5.5).
        statuses: the statuses that may be stored; never one from 500 on.

    Raises:
        ValueError: the options contradict each other or HTTP.
    """
    refuse_nonsense(ttl, statuses, vary, tags)
    options = Hot(
        ttl, frozenset(query), unknown, caller, tags, host, tuple(sorted(map(str.lower, vary))), frozenset(statuses)
    )

    def decorate(view: View) -> View:
        view.hot = options  # type: ignore[attr-defined]
        return view

    return decorate


def refuse_nonsense(ttl: float, statuses: tuple[int, ...], vary: tuple[str, ...], tags: tuple[str, ...] | None) -> None:
    if ttl <= 0:
        raise ValueError("ttl must be more than 0 seconds")
    if any(not 200 <= status < 500 or status in (206, 304) for status in statuses):
        raise ValueError("only whole answers from 200 to 499 can be stored, without 206 and 304")
    if "*" in vary:
        raise ValueError("an answer that varies on everything cannot be stored (RFC 9111, section 4.1)")
    for tag in tags or ():
        if "\n" in tag or any(part[2] or part[3] for part in Formatter().parse(tag)):
            raise ValueError(f"{tag!r} is not a tag: names in braces only, and no line break")


def find(view: Callable[..., Any] | None) -> Hot | None:
    return getattr(view, "hot", None)
