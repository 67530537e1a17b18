"""The cache in front of Conduit: who asks, and what is watched."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Flask
from sqlalchemy import Engine

from conduit.config import Settings
from conduit.extensions import cache, db
from conduit.models import Base, row_tags
from conduit.services.tokens import Signer
from conduit.web import authentication, cors
from hotroute import code_version
from hotroute.cache import CacheOptions, Principal, RedisClient, Unreachable
from hotroute.cache import init_app as put_in_front
from hotroute.cache.flask_caching.backends import RedisCache
from hotroute.cache.store.redis import RedisStore
from hotroute.cache.tracking import early_trust
from hotroute.cache.tracking.outage_fence import LIFE, Fence
from hotroute.cache.tracking.writes import WriteTracker

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

log = logging.getLogger(__name__)

COMMAND_TIMEOUT = 2.0
"""Seconds for which a command waits for Redis."""


def init_app(app: Flask, settings: Settings) -> None:
    cache.init_app(app, configuration(settings))
    if not settings.cache_enabled:
        return
    with app.app_context():
        engine = db.engine
    row_tags.install()
    backend: RedisCache = app.extensions["cache"][cache]
    app.extensions["fence"] = fence_of(engine, backend.store, settings)
    put_in_front(
        app,
        cache,
        CacheOptions(
            engines=(engine,),
            metadata=(Base.metadata,),
            identify_caller=principal(app.extensions["tokens"]),
            per_response_headers=cors.for_hits(app, settings),
            hooks_skipped_on_hit=cors.HOOKS,
            fence=app.extensions["fence"],
        ),
    )


@contextmanager
def following(engine: Engine, settings: Settings) -> Iterator[None]:
    """Within the block, what is written through an engine that is not the application's is told to the cache too."""
    if not settings.cache_enabled:
        yield
        return
    store = RedisStore(
        RedisClient(settings.redis, settings.redis_timeout), settings.cache_namespace, mark_ttl=settings.cache_mark_ttl
    )
    fence = fence_of(engine, store, settings)
    WriteTracker(store, fence).attach(engine)
    try:
        yield
    finally:
        fence.stop()


def trust_new_redis(engine: Engine, settings: Settings) -> None:
    """Have hot routes be hot at once where the stack has started Redis; where that is not sure, time decides."""
    if not settings.cache_enabled:
        return
    # Nobody waits for this as for a request's answer.
    client = RedisClient(settings.redis, max(settings.redis_timeout, COMMAND_TIMEOUT))
    try:
        trusted = early_trust.trust(RedisStore(client, settings.cache_namespace), (engine,))
    except Unreachable:
        trusted = False
    if not trusted:
        log.warning("nothing is cached in the first %g s, for somebody may be writing", settings.cache_mark_ttl)


def fence_of(engine: Engine, store: RedisStore, settings: Settings) -> Fence:
    """The first write without Redis waits for `life` with what it has locked: others must not give up meanwhile."""
    life = min(LIFE, max(settings.database_timeout / 2, 0.5))
    return Fence(engine, store, life, holds=max(settings.cache_mark_ttl, 4 * life))


def configuration(settings: Settings) -> dict[str, Any]:
    """Flask-Caching's. Its own keys lie beside those of the hot routes."""
    if not settings.cache_enabled:
        return {"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True}
    return {
        "CACHE_TYPE": "hotroute.cache.flask_caching.backends.RedisCache",
        "CACHE_KEY_PREFIX": f"flask_{settings.cache_namespace}",
        "CACHE_NAMESPACE": settings.cache_namespace,
        "CACHE_REDIS_URL": settings.redis,
        "CACHE_REDIS_TIMEOUT": settings.redis_timeout,
        "CACHE_MARK_TTL": settings.cache_mark_ttl,
        "CACHE_RELEASE": code_version.of("conduit", "hotroute"),
        "CACHE_SECRET": settings.secret_key.get_secret_value(),
    }


def principal(signer: Signer) -> Principal:
    def read(environ: "WSGIEnvironment") -> str | None:
        header = environ.get("HTTP_AUTHORIZATION")
        return None if header is None else str(authentication.read(header, signer))

    return read
