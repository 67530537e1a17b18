"""The application of twenty lines with its cache on Redis, for Gunicorn; the environment says where everything is."""

import os
from pathlib import Path

from flask import Response
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from hotroute import cache
from hotroute.cache import RedisClient, RedisStore, hot
from tests.cache.http.site import TEXT
from tests.cache.twenty_lines import make, metadata

LINK = RedisClient(os.environ["REDIS_URL"], timeout=5)
engine = create_engine(f"sqlite:///{Path(os.environ['NOTES']) / 'notes.db'}", poolclass=NullPool)
app = make(engine)


@app.get("/long")
@hot(tags=("long",), share="everyone", query=("page",))
def long() -> str:
    return TEXT


@app.get("/cookie")
@hot()
def cookie() -> Response:
    response = Response(TEXT)
    response.set_cookie("a", "1")
    return response


store = RedisStore(LINK, os.environ["CACHE_NAMESPACE"], mark_ttl=0.1)
cache.init_app(app, store, cache.CacheOptions((engine,), (metadata,), manual_tags=("long",)))
