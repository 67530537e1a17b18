"""Entries of a test's own in the store of an application, and answers from past the cache."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import get_ident
from time import monotonic, sleep
from typing import Any

from flask import Flask

from hotroute.cache import MemoryStore, RedisStore
from hotroute.cache.http.key import NotKeyable
from hotroute.cache.http.middleware import CacheMiddleware
from hotroute.cache.http.request import CacheLookup, Request
from hotroute.cache.reasons import Reason
from hotroute.cache.store.base import IDENTITY, FillRequest, LookupState, Store
from hotroute.cache.tracking.writes import TOUCHED, begun

NOT_IN_FRONT = (
    "hotroute's cache is not in front of this application: call hotroute.cache.init_app, and let WSGI middleware keep"
    " what it wraps as its attribute `app` or `wsgi_app`"
)
LONGEST = 5.0
"""Seconds; a test does not wait longer for a server that has just started."""


def front_of(app: Flask) -> CacheMiddleware:
    """The cache among the application's WSGI middleware.

    Raises:
        LookupError: there is none.
    """
    layer: Any = app.wsgi_app
    while layer is not None and not isinstance(layer, CacheMiddleware):
        layer = getattr(layer, "app", None) or getattr(layer, "wsgi_app", None)
    if layer is None:
        raise LookupError(NOT_IN_FRONT)
    return layer


@contextmanager
def cache_disabled(app: Flask) -> Iterator[None]:
    """Within the block the views answer everything, as if there was no cache; what they write is still followed."""
    front = front_of(app)
    around = front.around
    front.around = replace(around, match=lambda _path: None)
    try:
        yield
    finally:
        front.around = around


@contextmanager
def isolated(app: Flask) -> Iterator[str]:
    """Within the block the application's cache is empty and nobody else's; gives the prefix of its keys. A thread that
    has written and not committed asks past it: what it would see is nobody else's.

    On Redis these are other keys, and they are deleted in the end: a server may be shared by tests that run beside.
    """
    with past_uncommitted(front_of(app)), truncate_all(front_of(app).store) as prefix:
        yield prefix


@contextmanager
def past_uncommitted(front: CacheMiddleware) -> Iterator[None]:
    wanted = front.wanted

    def refusing(asked: Request) -> CacheLookup:
        if writes():
            raise NotKeyable(Reason.STALE_TRANSACTION)
        return wanted(asked)

    # As an attribute of the instance, in front of its method.
    front.wanted = refusing  # type: ignore[method-assign]
    try:
        yield
    finally:
        front.wanted = wanted  # type: ignore[method-assign]


def writes() -> bool:
    """Whether this thread has a transaction that has written, and goes on."""
    ours = [each for each, thread in list(begun.items()) if thread == get_ident()]
    return any(each.info.get(TOUCHED) for each in ours if not (each.closed or each.invalidated))


@contextmanager
def truncate_all(store: Any) -> Iterator[str]:
    if not isinstance(store, RedisStore):
        forget(store)
        yield ""
        return
    before, store.namespace = store.namespace, f"{store.namespace}{secrets.token_hex(4)}:"
    try:
        let_it_be_old(store)
        wait_for_trust(store)
        yield store.namespace
    finally:
        delete(store)
        store.namespace = before


def forget(store: Store) -> None:
    if isinstance(store, MemoryStore):
        store.clear()


def let_it_be_old(store: RedisStore) -> None:
    """A server is not trusted before one mark TTL is over, for it may have lost a mark; under a new prefix are none."""
    store.link.exchange(
        lambda wire, deadline: wire.execute([("SET", f"{store.namespace}born:{wire.run_id}", 0)], deadline)
    )


def wait_for_trust(store: Store) -> None:
    """Raises:
    TimeoutError: the store goes on saying that it is not to be trusted.
    """
    until = monotonic() + LONGEST
    question = FillRequest("hotroute.testing", ("hotroute.testing",), (IDENTITY,), secrets.token_hex(8))
    while store.look(question).state is LookupState.INVALIDATING:
        if monotonic() > until:
            raise TimeoutError(f"the cache was not trusted within {LONGEST:.0f} s: give tests a short mark_ttl")
        sleep(0.01)


def delete(store: RedisStore) -> None:
    cursor = b""
    while cursor != b"0":
        cursor, keys = store.link.call("SCAN", cursor or b"0", "MATCH", f"{store.namespace}*", "COUNT", 1000)
        if keys:
            store.link.call("UNLINK", *keys)
