"""How often one account may be tried."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from flask import Flask, current_app

from conduit.config import Settings
from conduit.extensions import limiter
from hotroute import redis


def init_app(app: Flask, settings: Settings) -> None:
    app.config.update(
        RATELIMIT_STORAGE_URI=settings.redis,
        RATELIMIT_STORAGE_OPTIONS=redis.options(settings.redis_timeout),
        # Redis away: each worker counts in its own memory, which is looser and still a limit.
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_KEY_PREFIX="conduit",
        LIMITS={"login": settings.login_rate_limit, "registration": settings.registration_rate_limit},
    )
    limiter.init_app(app)


@contextmanager
def limited(action: str, account: str) -> Iterator[None]:
    """Count one attempt of `action` on an account.

    Raises:
        werkzeug.exceptions.TooManyRequests: the setting's limit is reached.
    """
    key = sha256(account.encode()).hexdigest()
    with limiter.limit(current_app.config["LIMITS"][action], key_func=lambda: key, scope=action):
        yield
