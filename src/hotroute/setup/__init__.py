"""Set an application up in one call: cache, CORS, health checks, request log, proxies and profiler, by the settings."""

import os
from collections.abc import Mapping
from typing import Any, Protocol

from flask import Flask
from flask_caching import Cache
from sqlalchemy import Engine

from hotroute.cache import CacheOptions
from hotroute.extras import extra

with extra("serve"):
    from hotroute.settings.application import ApplicationSettings
    from hotroute.setup import caching, cors, health, profiling, proxies
    from hotroute.setup.caching import following, trust_new_redis

__all__ = ["ApplicationSettings", "Database", "following", "init_app", "trust_new_redis"]


class Database(Protocol):
    """The `SQLAlchemy` object of Flask-SQLAlchemy, or that of Flask-SQLAlchemy-Lite."""

    @property
    def session(self) -> Any: ...

    @property
    def engines(self) -> Mapping[Any, Engine]: ...


def init_app(
    app: Flask,
    db: Database,
    settings: ApplicationSettings | None = None,
    *,
    cache: Cache | None = None,
    api_path: str = "/api/",
    **options: Any,
) -> None:
    """Set `app` up, after all its routes are registered.

    Args:
        db: bound to `app`; all its engines are followed.
        settings: read from the environment where none are given; SECRET_KEY may then be `app.secret_key`.
        cache: the Flask-Caching object of the application's own `@cache.cached`, not bound to an application yet.
        api_path: the prefix of the paths that pages of CORS_ORIGINS may call.
        options: further fields of `CacheOptions`. `engines` are those of `db` where none are given, and `metadata`
            those of Flask-SQLAlchemy; with Flask-SQLAlchemy-Lite, give `metadata=(Base.metadata,)`.

    Raises:
        SettingError: settings are missing, malformed or unsafe; each is named.
        ValueError: a hot route cannot be hot, or `options` lacks something.
    """
    settings = settings or read_settings(app)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    with app.app_context():
        engines = tuple(db.engines.values())
    health.init_app(app, db, settings)
    caching.init_app(app, settings, cache or Cache(), build_options(db, engines, options))
    cors.init_app(app, settings, api_path)
    proxies.init_app(app, settings)
    profiling.init_app(app, engines, settings)


def read_settings(app: Flask) -> ApplicationSettings:
    given = app.secret_key.decode("latin-1") if isinstance(app.secret_key, bytes) else app.secret_key
    return ApplicationSettings.read({**({"SECRET_KEY": given} if given else {}), **os.environ})


def build_options(db: Database, engines: tuple[Engine, ...], given: dict[str, Any]) -> CacheOptions:
    known = {"engines": engines, **({"metadata": tuple(db.metadatas.values())} if hasattr(db, "metadatas") else {})}
    if not {**known, **given}.get("metadata"):
        raise ValueError("setup.init_app() knows no table: give metadata=(Base.metadata,)")
    return CacheOptions(**{**known, **given})
