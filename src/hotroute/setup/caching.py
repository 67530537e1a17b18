"""Put the cache in front of an application, and tell it of what commands write."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import Flask
from flask_caching import Cache
from sqlalchemy import Engine

from hotroute.cache import CacheOptions, RedisClient, RedisStore, Unreachable
from hotroute.cache import init_app as put_in_front
from hotroute.cache.flask_caching.backends import RedisCache
from hotroute.cache.tracking import early_trust
from hotroute.cache.tracking.outage_fence import LIFE, Fence
from hotroute.cache.tracking.writes import WriteTracker
from hotroute.settings.application import ApplicationSettings
from hotroute.setup.release import digest_release

log = logging.getLogger(__name__)

COMMAND_TIMEOUT = 2.0
"""Seconds for which a command waits for Redis."""


def init_app(app: Flask, settings: ApplicationSettings, cache: Cache, options: CacheOptions) -> None:
    """Bind `cache` to Redis, and serve hot routes from it; neither where CACHE_ENABLED is false."""
    cache.init_app(app, build_config(app, settings))
    if not settings.cache_enabled:
        return
    backend: RedisCache = app.extensions["cache"][cache]
    # With several databases a write without Redis is refused: a fence stands in one of them.
    if options.fence is None and len(options.engines) == 1:
        options = replace(options, fence=build_fence(options.engines[0], backend.store, settings))
    app.extensions["fence"] = options.fence
    put_in_front(app, cache, options)


@contextmanager
def following(engine: Engine, settings: ApplicationSettings) -> Iterator[None]:
    """Within the block, what is written through an engine that is not the application's is told to the cache too."""
    if not settings.cache_enabled:
        yield
        return
    client = RedisClient(settings.redis, settings.redis_timeout)
    store = RedisStore(client, settings.cache_namespace, mark_ttl=settings.cache_mark_ttl)
    fence = build_fence(engine, store, settings)
    WriteTracker(store, fence).attach(engine)
    try:
        yield
    finally:
        fence.stop()


def trust_new_redis(engine: Engine, settings: ApplicationSettings) -> None:
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


def build_fence(engine: Engine, store: RedisStore, settings: ApplicationSettings) -> Fence:
    """Return the fence; the first write without Redis waits for its `life` with what it has locked, and others must
    not give up meanwhile.
    """
    life = min(LIFE, max(settings.database_timeout / 2, 0.5))
    return Fence(engine, store, life, holds=max(settings.cache_mark_ttl, 4 * life))


def build_config(app: Flask, settings: ApplicationSettings) -> dict[str, Any]:
    """Return Flask-Caching's configuration. Its own keys lie beside those of the hot routes."""
    if not settings.cache_enabled:
        return {"CACHE_TYPE": "NullCache", "CACHE_NO_NULL_WARNING": True}
    return {
        "CACHE_TYPE": "hotroute.cache.flask_caching.backends.RedisCache",
        "CACHE_KEY_PREFIX": f"flask_{settings.cache_namespace}",
        "CACHE_NAMESPACE": settings.cache_namespace,
        "CACHE_REDIS_URL": settings.redis,
        "CACHE_REDIS_TIMEOUT": settings.redis_timeout,
        "CACHE_MARK_TTL": settings.cache_mark_ttl,
        "CACHE_RELEASE": digest_release(app),
        "CACHE_SECRET": settings.secret_key.get_secret_value(),
    }
