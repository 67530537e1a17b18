"""Making an application's hot routes hot: the store, the front, and what follows its writes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Flask
from flask_caching import Cache
from sqlalchemy.orm import Session

from hotroute.cache.declared_tags import DeclaredTags
from hotroute.cache.decorator import RouteOptions, environ_name
from hotroute.cache.error_handlers import answer_503
from hotroute.cache.flask_caching.backends import store_of
from hotroute.cache.http import flask_dispatch, routes
from hotroute.cache.http.fill import credential_headers
from hotroute.cache.http.middleware import CacheConfig, CacheMiddleware
from hotroute.cache.http.tracked.environ import CLIENT
from hotroute.cache.http.views import find
from hotroute.cache.options import CacheOptions, check_callers, check_options
from hotroute.cache.store.base import Store
from hotroute.cache.tracking import writes
from hotroute.cache.tracking.multi_engine import mark_together
from hotroute.cache.tracking.outage_fence import Fence
from hotroute.lifecycle import on_close


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
    check_options(application)
    asked_by = credential_headers(application.identify_caller)
    known = tables_of(application)
    tags = DeclaredTags({*known, *application.views}, application.manual_tags)
    found = {
        endpoint: replace(hot, credentials=asked_by, tags=tags.complete(endpoint, hot.tags))
        for endpoint, hot in routes.find_all(app).items()
    }
    check_callers(found, application)
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
        logged=frozenset(name if name in CLIENT else environ_name(name) for name in application.log_only_headers),
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
