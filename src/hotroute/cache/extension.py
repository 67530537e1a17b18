"""Making an application's hot routes hot: the store, the front, and what follows its writes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from flask import Flask
from flask_caching import Cache
from sqlalchemy import Engine, MetaData
from sqlalchemy.orm import Session

from hotroute.cache.declared_tags import DeclaredTags
from hotroute.cache.decorator import RouteOptions, environ_name, find
from hotroute.cache.error_handlers import answer_503
from hotroute.cache.flask_caching.backends import store_of
from hotroute.cache.http import flask_dispatch, routes
from hotroute.cache.http.fill import credential_headers
from hotroute.cache.http.middleware import CacheConfig, CacheMiddleware
from hotroute.cache.http.policy import Headers
from hotroute.cache.http.request import Principal
from hotroute.cache.store.base import Store
from hotroute.cache.tracking import writes
from hotroute.cache.tracking.multi_engine import mark_together
from hotroute.cache.tracking.outage_fence import Fence
from hotroute.lifecycle import on_close

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
        principal: who asks, from the request alone.
        decorate: header fields that belong to each answer anew, such as CORS's.
        skippable: hooks (functions that Flask calls before or after each request) that a hit may do without, or their
            names, such as "package.module.function". A route with others is answered within Flask, after they ran.
        logged: request header fields that hooks read for logs, limits and the like, and that no answer depends on.
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


def init_app(app: Flask, cache: Cache | Store, application: CacheOptions) -> None:
    """Put the cache in front of `app`, after all its routes are registered.

    Args:
        cache: Flask-Caching's, bound to `app`, with one of the backends of `hotroute.cache.flask_caching.backends`; or
        a store.

    Raises:
        ValueError: a view that is marked hot cannot be, the backend cannot keep its answers, or the application has a
            cache already. Also when a hot route is registered later.
    """
    store = store_of(app, cache)
    if "hotroute.store" in app.extensions:
        raise ValueError("this application has a cache in front of it already")
    asked_by = credential_headers(application.identify_caller)
    known = tables_of(application)
    tags = DeclaredTags({*known, *application.views}, application.manual_tags)
    found = {
        endpoint: replace(hot, credentials=asked_by, tags=tags.complete(endpoint, hot.tags))
        for endpoint, hot in routes.find_all(app).items()
    }
    refuse_others(application)
    refuse_later(app, found)
    skippable = frozenset(map(routes.name_of, application.hooks_skipped_on_hit))
    flask_dispatch.install(app, found, skippable)
    followed = writes.WriteTracker(
        store, application.fence, application.metadata, application.views, application.raw_writes
    )
    for engine in application.engines:
        followed.attach(engine)
    if len(application.engines) > 1:
        mark_together(Session)
    around = CacheConfig(
        match=routes.matcher(app, found, skippable),
        tables=lambda: known,
        views=application.views,
        principal=application.identify_caller,
        decorate=application.per_response_headers,
        logged=frozenset(map(environ_name, application.log_only_headers)),
    )
    if application.fence:
        application.fence.install()
    answer_503(app)
    app.extensions["hotroute.store"] = store
    app.extensions["hotroute.application"] = application
    front = CacheMiddleware(app.wsgi_app, store, around)
    app.wsgi_app = front  # type: ignore[method-assign]
    close_with(app, front, application.fence)


def tables_of(application: CacheOptions) -> tuple[str, ...]:
    """Return all tables' names. One of the default schema is read by its bare name too, and which schema that is, only
    a connection knows.
    """
    tables = [table for metadata in application.metadata for table in metadata.tables.values()]
    return tuple(sorted({name for table in tables for name in (table.fullname, table.name)}))


def close_with(app: Flask, front: CacheMiddleware, fence: Fence | None) -> None:
    """Have the cache's connections and threads end with the application."""
    if link := getattr(front.store, "link", None):
        on_close(app, link.pool.disconnect)
    if fence:
        on_close(app, fence.stop)
    on_close(app, front.leases.stop)


def refuse_others(application: CacheOptions) -> None:
    """Raises:
    ValueError: an engine is none; a connection, say, whose other connections would not be followed.
    """
    for engine in application.engines:
        if not isinstance(engine, Engine):
            raise ValueError(f"engines are SQLAlchemy's Engine, and {engine!r} is none")


def refuse_later(app: Flask, found: Mapping[str, RouteOptions]) -> None:
    """A hot route that comes after its time would never be hot, in silence."""
    add = app.add_url_rule

    def add_url_rule(rule: str, endpoint: str | None = None, view_func: Any = None, *rest: Any, **options: Any) -> None:
        if endpoint in found or (view_func and find(view_func)):
            raise ValueError(
                f"{rule} is hot, and too late: call hotroute.cache.init_app after all routes are registered"
            )
        add(rule, endpoint, view_func, *rest, **options)

    app.add_url_rule = add_url_rule  # type: ignore[method-assign]
