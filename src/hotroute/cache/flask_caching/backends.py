"""Flask-Caching's backends: `CACHE_TYPE="hotroute.cache.flask_caching.backends.RedisCache"`, or `SimpleCache` in a
single process."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Self

from flask import Flask
from flask_caching import Cache
from flask_caching.backends.simplecache import SimpleCache as FlaskSimpleCache

from hotroute.cache.flask_caching.json_serializer import JsonSerializer, refuse_pickle
from hotroute.cache.flask_caching.redis_values import RedisValues
from hotroute.cache.flask_caching.request_scoping import Sharing
from hotroute.cache.redis_client.client import RedisClient
from hotroute.cache.redis_client.endpoint import Address, Endpoint, parse
from hotroute.cache.redis_client.sentinel import Sentinels
from hotroute.cache.store.base import Store
from hotroute.cache.store.memory import MemoryStore
from hotroute.cache.store.redis import RedisStore

PREFIX = "flask_cache_"
"""Flask-Caching's, unless CACHE_KEY_PREFIX says otherwise."""
TIMEOUT = 0.05
"""Seconds, unless CACHE_REDIS_TIMEOUT says otherwise."""


class RedisCache(Sharing, RedisValues):
    """On Redis, alone or under Sentinels; docs/cache-flask-caching.md lists the settings, and what differs.

    Attributes:
        store: of hot routes' responses, on the same link and breaker.
    """

    store: RedisStore

    @classmethod
    def factory(cls, app: Flask, config: dict[str, Any], _args: list[Any], kwargs: dict[str, Any]) -> Self:
        """Raises:
        ValueError: a setting cannot be used; it is named.
        """
        prefix, namespace = prefixes(config)
        refuse_options(config)
        link = RedisClient(place(config), float(config.get("CACHE_REDIS_TIMEOUT", TIMEOUT)))
        cache = cls(link, prefix, kwargs["default_timeout"])
        cache.store = RedisStore(
            link,
            namespace,
            str(config.get("CACHE_RELEASE", "")),
            secret=config.get("CACHE_SECRET") or app.secret_key or b"",
            **periods(config),
        )
        return cache

    def clear(self) -> bool:
        """Also the stored responses; never the tags' versions and marks, on which the guarantee rests."""
        return self.remove(self.prefix) and self.remove(self.store.namespace + "e:")


class SimpleCache(Sharing, FlaskSimpleCache):
    """In the memory of one process: for tests, and for what is served by a single worker."""

    store: MemoryStore

    @classmethod
    def factory(cls, _app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> Self:
        cache = cls(*args, **{"threshold": config["CACHE_THRESHOLD"], **kwargs})
        cache.store = MemoryStore(**periods(config))
        return cache

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "serializer":
            refuse_pickle(value)
        super().__setattr__(name, value)

    def clear(self) -> bool:
        self.store.clear()
        return super().clear()


SimpleCache.serializer = JsonSerializer()  # type: ignore[assignment]


def store_of(app: Flask, cache: Cache | Store) -> Store:
    """Where hot routes' responses are: in the backend of `cache`, unless it is a store already.

    Raises:
        ValueError: the cache is not bound to `app`, or cannot give hot routes what they need.
    """
    if not isinstance(cache, Cache):
        refuse_no_store(cache)
        return cache
    backend = app.extensions.get("cache", {}).get(cache)
    if backend is None:
        raise ValueError("call cache.init_app(app, config) before hot routes are made hot")
    store: Store | None = getattr(backend, "store", None)
    if store is None:
        kind = f"{type(backend).__module__}.{type(backend).__qualname__}"
        raise ValueError(
            f"hot routes cannot be kept by {kind}, which cannot mark and compare versions in one step: set CACHE_TYPE "
            'to "hotroute.cache.flask_caching.backends.RedisCache", or to '
            '"hotroute.cache.flask_caching.backends.SimpleCache" in a single process'
        )
    return store


def refuse_no_store(given: object) -> None:
    """Raises:
    ValueError: it is no store; a URL, say. The message does not repeat it, for it may hold a password.
    """
    if not callable(getattr(given, "look", None)):
        raise ValueError(
            f"the cache is a {type(given).__name__} and no store: give init_app Flask-Caching's Cache, or "
            'RedisStore(Link("redis://host/0", timeout=0.05), "hot:")'
        )


def prefixes(config: Mapping[str, Any]) -> tuple[str, str]:
    """Of Flask-Caching's own keys, and of the hot routes'; neither contains the other, for `clear()` goes by them."""
    prefix = config["CACHE_KEY_PREFIX"]
    if not isinstance(prefix, str) or not prefix:
        raise ValueError("CACHE_KEY_PREFIX must be a string that is not empty: clear() deletes what begins with it")
    # As the command has it, unless the application has set itself apart from others on the same Redis.
    namespace = str(config.get("CACHE_NAMESPACE") or ("hot:" if prefix == PREFIX else f"hot:{prefix}"))
    if namespace.startswith(prefix) or prefix.startswith(namespace):
        raise ValueError(f"CACHE_NAMESPACE {namespace!r} and CACHE_KEY_PREFIX {prefix!r} must not begin alike")
    return prefix, namespace


def periods(config: Mapping[str, Any]) -> dict[str, Any]:
    settings = {"mark_ttl": "CACHE_MARK_TTL", "lease_ttl": "CACHE_LEASE_TTL"}
    return {name: float(config[setting]) for name, setting in settings.items() if setting in config}


def refuse_options(config: Mapping[str, Any]) -> None:
    if options := config.get("CACHE_OPTIONS"):
        raise ValueError(
            f"CACHE_OPTIONS {sorted(options)} are redis-py's, which is not used here: see CACHE_REDIS_TIMEOUT, and the "
            "options of CACHE_REDIS_URL"
        )


def place(config: Mapping[str, Any]) -> Endpoint:
    """From the settings that Flask-Caching's backends have too."""
    if url := config.get("CACHE_REDIS_URL"):
        primary = parse(url)
    else:
        primary = Address(
            config.get("CACHE_REDIS_HOST", "localhost"),
            int(config.get("CACHE_REDIS_PORT", 6379)),
            db=int(config.get("CACHE_REDIS_DB", 0)),
            username=config.get("CACHE_REDIS_USERNAME") or "",
            password=config.get("CACHE_REDIS_PASSWORD") or "",
        )
    sentinels = config.get("CACHE_REDIS_SENTINELS")
    return watched(primary, sentinels, config) if sentinels else primary


def watched(primary: Address, sentinels: Any, config: Mapping[str, Any]) -> Sentinels:
    """With a `rediss://` URL, Sentinels are asked over TLS too, and CACHE_REDIS_URL's host does not matter."""
    username, password = (config.get(f"CACHE_REDIS_SENTINEL_{name}") or "" for name in ("USERNAME", "PASSWORD"))
    known = tuple(
        Address(host, int(port), username=username, password=password, tls=primary.tls) for host, port in sentinels
    )
    return Sentinels(known, config.get("CACHE_REDIS_SENTINEL_MASTER", "mymaster"), replace(primary, path=""))
