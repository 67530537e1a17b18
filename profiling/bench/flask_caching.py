"""Conduit's article list under Flask-Caching, configured and decorated as its documentation shows it."""

from flask_caching import Cache

from conduit.app import create_app
from conduit.config import load

settings = load()
app = create_app(settings)
cache = Cache(app, config={"CACHE_TYPE": "RedisCache", "CACHE_REDIS_URL": settings.redis})
view = app.view_functions["articles.find"]
app.view_functions["articles.find"] = cache.cached(timeout=60, query_string=True)(view)  # type: ignore[assignment]
