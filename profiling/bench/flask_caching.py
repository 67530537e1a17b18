"""Conduit's article list under Flask-Caching, installed, configured and decorated as its documentation shows it.

That installs the package redis, which makes use of hiredis where it finds it: here, for Hotroute depends on it.
"""

import sys

sys.modules["hiredis"] = None  # type: ignore[assignment]
import redis  # noqa: E402

del sys.modules["hiredis"]
from flask_caching import Cache  # noqa: E402

from conduit.app import create_app  # noqa: E402
from conduit.config import load  # noqa: E402

if redis.utils.HIREDIS_AVAILABLE:
    raise RuntimeError("redis was imported before, with hiredis")

settings = load()
app = create_app(settings)
cache = Cache(app, config={"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": settings.redis})
view = app.view_functions["articles.find"]
app.view_functions["articles.find"] = cache.cached(timeout=60, query_string=True)(view)  # type: ignore[assignment]
