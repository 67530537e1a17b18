"""Making an application's hot routes hot: the store, the front, and what follows its writes."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from hotroute.cache import changes, options
from hotroute.cache.front import Front, Match, Principal, Surroundings
from hotroute.cache.rules import Headers
from hotroute.cache.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

REMEMBERED_PATHS = 10_000


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
class Application:
    """What the cache must be told of an application.

    Attributes:
        engines: all engines that write; their transactions are followed.
        metadata: of all tables.
        principal: who asks, from the request alone.
        decorate: header fields that belong to each answer anew, such as CORS's.
        waiters: how many threads of a process may wait for an answer that another one is finding.
        mark_ttl, lease_ttl: seconds, as the store's.
    """

    engines: tuple[Engine, ...]
    metadata: tuple[MetaData, ...]
    principal: Principal = nobody
    decorate: Callable[["WSGIEnvironment"], Headers] = nothing
    waiters: int = 2
    mark_ttl: float = 15.0
    lease_ttl: float = 5.0


def init_app(app: Flask, store: Store, application: Application) -> None:
    """Put the cache in front of `app`, after all its routes are registered.

    Raises:
        ValueError: a view that is marked hot cannot be.
    """
    refuse_unsafe(app)
    followed = changes.Changes(store, application.mark_ttl)
    for engine in application.engines:
        followed.follow(engine)
    tables = tuple(sorted({table for metadata in application.metadata for table in metadata.tables}))
    around = Surroundings(
        match=matcher(app),
        tables=lambda: tables,
        principal=application.principal,
        decorate=application.decorate,
        waiters=application.waiters,
        lease_ttl=application.lease_ttl,
    )
    app.extensions["hotroute.store"] = store
    app.wsgi_app = Front(app.wsgi_app, store, around)  # type: ignore[method-assign]


def refuse_unsafe(app: Flask) -> None:
    for endpoint, methods in hot_endpoints(app):
        if unsafe := methods - {"GET", "HEAD", "OPTIONS"}:
            raise ValueError(f"{endpoint} is hot and answers {', '.join(sorted(unsafe))}: give that a view of its own")


def hot_endpoints(app: Flask) -> Iterator[tuple[str, set[str]]]:
    for rule in app.url_map.iter_rules():
        if options.find(app.view_functions.get(rule.endpoint)):
            yield rule.endpoint, set(rule.methods or ())


def matcher(app: Flask) -> Callable[[str], Match | None]:
    """Flask's own routing, remembered by path."""
    adapter = app.url_map.bind("")

    @lru_cache(REMEMBERED_PATHS)
    def match(path: str) -> Match | None:
        try:
            endpoint, arguments = adapter.match(path.encode("latin-1").decode(), method="GET")
        except (HTTPException, UnicodeError):
            return None
        hot = options.find(app.view_functions.get(endpoint))
        return (hot, dict(arguments)) if hot else None

    return match


def invalidate(transaction: Session | Connection, *tags: str) -> None:
    """Say, within a transaction, that it changes what depends on `tags`: for SQL text, or what no table holds."""
    connection = transaction.connection() if isinstance(transaction, Session) else transaction
    connection.info.setdefault(changes.TOUCHED, set()).discard(changes.UNPARSED)
    changes.touch(connection, tags)


def invalidate_now(store: Store, tags: Iterable[str]) -> None:
    """The same from outside of any transaction: what depends on `tags` is made anew from now on."""
    store.done(sorted(set(tags)), "nobody")
