"""What `@hot` says of a view."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import inf
from string import Formatter
from typing import Any, Literal, NamedTuple, TypeVar, get_args

View = TypeVar("View", bound=Callable[..., Any])
Unknown = Literal["bypass", "ignore"]
HOT_DECORATOR = "hotroute_decorator"
"""An attribute of what `hot(...)` returns."""
Caller = Literal["anonymous", "everyone", "per-caller"]


@dataclass(frozen=True, eq=False)
class RouteOptions:
    """Options of a hot route, see `hot`; `statuses` with the seconds that each may be kept.

    Attributes:
        credentials: the request header fields that say who asks, which `init_app` finds out.
    """

    cache_statuses: Mapping[int, float]
    query: frozenset[str]
    unknown_params: Unknown
    share: Caller
    tags: tuple[str, ...] | None
    host: bool
    vary: tuple[str, ...]
    store_headers: frozenset[str]
    credentials: tuple[str, ...] = ("authorization",)

    @cached_property
    def fields(self) -> Mapping[str, str]:
        """The names of `vary` in a WSGI environment (RFC 3875, section 4.1.18)."""
        return {name: environ_name(name) for name in self.vary}

    @cached_property
    def varies(self) -> str:
        """The `Vary` of all answers, whichever request they are for."""
        asked_by = self.credentials if self.share != "everyone" else ()
        return ", ".join(dict.fromkeys(["Accept-Encoding", *map(str.title, (*asked_by, *self.vary))]))


class RouteMarker(NamedTuple):
    """On a view or a class of views. Decorators copy what they wrap; `on` tells the original from such a copy."""

    hot: RouteOptions
    on: Any


def hot(  # noqa: PLR0913  # each is a word that a user says about a route
    *,
    ttl: float = 60.0,
    query: tuple[str, ...] = (),
    unknown_params: Unknown = "bypass",
    share: Caller = "anonymous",
    tags: tuple[str, ...] | None = None,
    host: bool = False,
    vary: tuple[str, ...] = (),
    store_headers: tuple[str, ...] = (),
    cache_statuses: tuple[int, ...] | Mapping[int, float] = (200,),
) -> Callable[[View], View]:
    """Answer a GET view from the cache, never older than a committed write. It goes right below the route's decorator.

    Args:
        ttl: seconds after which an answer is made anew in any case.
        query: the query parameters that matter.
        unknown_params: what to do with other parameters: "bypass" the cache, or "ignore" them: the view does not see
        them.
        share: who shares answers. "anonymous": requests without credentials share one, others pass the cache by.
            "per-caller": every caller has answers of their own. "everyone": the answer does not depend on the caller.
        tags: what the answer depends on: "article:{slug}" (with the route's arguments, and {caller}), a table's name,
            or what `invalidate` names. None: the tables that the view's statements read, found out as it runs.
        host: whether the answer depends on the host name or the scheme, as one with absolute links does.
        vary: request header fields that it depends on (RFC 9110, section 12.5.5).
        store_headers: response header fields of the view's own that are stored with the answer, such as X-Total-Count.
        cache_statuses: the statuses that may be stored, or each with a `ttl` of its own: {200: 60, 404: 5}.

    Raises:
        ValueError: the options contradict each other or HTTP.
    """
    refuse_words(unknown_params, share)
    refuse_texts(query=query, tags=tags, vary=vary, store_headers=store_headers)
    kept = dict(cache_statuses) if isinstance(cache_statuses, Mapping) else dict.fromkeys(cache_statuses, ttl)
    refuse_nonsense(kept, vary, tags)
    options = RouteOptions(
        kept,
        # As key.py decodes a query: byte by byte.
        frozenset(name.encode().decode("latin-1") for name in query),
        unknown_params,
        share,
        None if tags is None else tuple(tags),
        host,
        tuple(sorted(map(str.lower, vary))),
        frozenset(map(str.lower, store_headers)),
    )

    def decorate(view: View) -> View:
        try:
            view.hot = RouteMarker(options, view)  # type: ignore[attr-defined]
        except AttributeError:
            raise ValueError(f"{view!r} cannot be hot: put @hot on a view function, or on a class's get") from None
        return view

    setattr(decorate, HOT_DECORATOR, True)
    return decorate


def refuse_words(unknown: str, caller: str) -> None:
    """What is none of the words would be taken for one: a typing error must not share private answers."""
    for name, given, words in (("unknown_params", unknown, get_args(Unknown)), ("share", caller, get_args(Caller))):
        if given not in words:
            raise ValueError(f"{name} is one of {', '.join(words)}; it cannot be {given!r}")


def refuse_texts(**given: tuple[str, ...] | None) -> None:
    """One text in place of several would be taken for its letters: ("articles") is no tuple."""
    for name, values in given.items():
        if isinstance(values, str) or any(not isinstance(value, str) for value in values or ()):
            raise ValueError(f'{name} is a tuple of texts such as ("one",), with its comma; it cannot be {values!r}')


def refuse_nonsense(statuses: Mapping[int, float], vary: tuple[str, ...], tags: tuple[str, ...] | None) -> None:
    if any(not 0 < ttl < inf for ttl in statuses.values()):
        raise ValueError("ttl must be more than 0 seconds, and come to an end")
    if any(not 200 <= status < 500 or status in (206, 304) for status in statuses):
        raise ValueError("only whole answers from 200 to 499 can be stored, without 206 and 304")
    if "*" in vary:
        raise ValueError("an answer that varies on everything cannot be stored (RFC 9111, section 4.1)")
    for tag in tags or ():
        parts = list(Formatter().parse(tag))
        if "\n" in tag or any(part[1] is not None and not plain(part) for part in parts):
            raise ValueError(f"{tag!r} is not a tag: names in braces only, and no line break")


def plain(part: tuple[str, str | None, str | None, str | None]) -> bool:
    """Whether the braces hold a name and nothing else: not {}, {0}, {name.attribute}, {name!r} or {name:>5}."""
    return (part[1] or "").isidentifier() and not part[2] and not part[3]


def environ_name(field: str) -> str:
    name = field.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def names(tag: str) -> set[str]:
    """The names in a tag's braces."""
    return {part[1] for part in Formatter().parse(tag) if part[1]}
