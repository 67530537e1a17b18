"""What the cache must be told of an application, and the mistakes in it that are refused at start."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Engine, MetaData

from hotroute.cache.decorator import RouteOptions
from hotroute.cache.http.policy import Headers
from hotroute.cache.http.request import Principal
from hotroute.cache.tracking.outage_fence import Fence

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def nobody(environ: "WSGIEnvironment") -> str | None:
    """Who asks, where the application does not say how to tell: credentials of any kind are somebody's.

    Raises:
        LookupError: there are credentials.
    """
    if "HTTP_AUTHORIZATION" in environ or "HTTP_COOKIE" in environ:
        raise LookupError("nobody here can tell whose these credentials are")
    return None


def nothing(_environ: "WSGIEnvironment") -> Headers:
    return []


@dataclass(frozen=True, slots=True)
class CacheOptions:
    """What the cache must be told of an application.

    Attributes:
        engines: all engines that the application uses, also those that only read: what another engine was asked is not
            stored. Their transactions are followed; those of one session are marked together.
        metadata: of all tables.
        views: by the name of each view of the database, the tables or views that it reads, by their names.
        manual_tags: that `invalidate` alone touches; "rates" stands for the tag "rates" and for all "rates:...".
        identify_caller: who asks, from the request alone.
        per_response_headers: header fields that belong to each answer anew, such as CORS's.
        hooks_skipped_on_hit: hooks (functions that Flask calls before or after each request) that a hit may do without,
            or their names, such as "package.module.function". A route with others is answered within Flask, after them.
        log_only_headers: request header fields, and "REMOTE_ADDR" and its like, that are read for logs, limits and the
            like, and that no answer depends on.
        raw_writes: "refuse" a COMMIT after SQL text that wrote; or "invalidate" everything, for an existing application
            that has such texts, with a warning that names each.
        fence: lets writes succeed while Redis is away. Without one they are answered 503.
    """

    engines: tuple[Engine, ...]
    metadata: tuple[MetaData, ...]
    identify_caller: Principal = nobody
    per_response_headers: Callable[["WSGIEnvironment"], Headers] = nothing
    hooks_skipped_on_hit: tuple[str | Callable[..., Any], ...] = ()
    log_only_headers: tuple[str, ...] = ()
    fence: Fence | None = None
    raw_writes: Literal["refuse", "invalidate"] = "refuse"
    views: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    manual_tags: tuple[str, ...] = ()


def check_options(options: CacheOptions) -> None:
    """Refuse what is of another kind than it should be.

    Raises:
        ValueError: None in place of a function, one text in place of several, or an engine that is none; a connection,
            say, whose other connections would not be followed.
    """
    for name in ("identify_caller", "per_response_headers"):
        if not callable(given := getattr(options, name)):
            raise ValueError(f"CacheOptions({name}={given!r}) is no function of the WSGI environment: leave {name} out")
    for name in ("hooks_skipped_on_hit", "log_only_headers", "manual_tags"):
        if isinstance(given := getattr(options, name), str):
            raise ValueError(f"CacheOptions({name}={given!r}) is one text: write ({given!r},), with its comma")
    for engine in options.engines:
        if not isinstance(engine, Engine):
            raise ValueError(f"engines are SQLAlchemy's Engine, and {engine!r} is none")


def check_callers(routes: Mapping[str, RouteOptions], options: CacheOptions) -> None:
    """Refuse routes with answers for each caller where nothing tells callers apart.

    Raises:
        ValueError: there is one, and no `identify_caller`.
    """
    routes_per_caller = [endpoint for endpoint, route in routes.items() if route.share == "per-caller"]
    if routes_per_caller and options.identify_caller is nobody:
        raise ValueError(
            f'{routes_per_caller[0]}: @hot(share="per-caller") cannot tell callers apart: give '
            "CacheOptions(identify_caller=...), a function of the WSGI environment that returns who asks"
        )
