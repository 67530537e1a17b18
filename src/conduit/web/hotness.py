"""The cache in front of Conduit: who asks, and what is watched."""

from typing import TYPE_CHECKING

from flask import Flask

from conduit.config import Settings
from conduit.extensions import db
from conduit.models import Base
from conduit.services.tokens import Signer
from conduit.web import callers, cors
from hotroute import cache, serving

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def init_app(app: Flask, settings: Settings) -> None:
    if not settings.cache_enabled:
        return
    link = cache.Link(settings.redis, settings.redis_timeout)
    serving.after_fork(link.forget_connections)
    store = cache.RedisStore(link, settings.cache_namespace, mark_ttl=settings.cache_mark_ttl)
    with app.app_context():
        engine = db.engine
    cache.init_app(
        app,
        store,
        cache.Application(
            engines=(engine,),
            metadata=(Base.metadata,),
            principal=principal(app.extensions["tokens"]),
            decorate=cors.for_hits(app, settings),
            waiters=serving.threads({}) - 2,
            mark_ttl=settings.cache_mark_ttl,
        ),
    )


def principal(signer: Signer) -> "cache.Principal":
    def read(environ: "WSGIEnvironment") -> str | None:
        header = environ.get("HTTP_AUTHORIZATION")
        return None if header is None else str(callers.read(header, signer))

    return read
