"""How often one account may be tried."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from time import time
from typing import Any

from flask import Flask, current_app, g

from conduit.config import Settings
from conduit.extensions import limiter
from hotroute import redis

View = Callable[..., Any]


def init_app(app: Flask, settings: Settings) -> None:
    app.config.update(
        RATELIMIT_STORAGE_URI=settings.redis,
        RATELIMIT_STORAGE_OPTIONS=redis.options(settings.redis_timeout),
        # Redis away: each worker counts in its own memory, which is looser and still a limit.
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        RATELIMIT_KEY_PREFIX="conduit",
        LIMITS={"login": settings.login_rate_limit, "registration": settings.registration_rate_limit},
    )
    # Flask-Limiter hooks itself before and after every request, 100 us each; told that it has done so already, it
    # does not. Our limits sit on the two views that they are for.
    app.extensions["limiter"] = {limiter}
    limiter.init_app(app)


def limited(action: str) -> Callable[[View], View]:
    """Count each call of a view whose `body.user.email` names an account, as one attempt of `action` on it.

    The view raises werkzeug.exceptions.TooManyRequests where the setting's limit is reached.
    """

    def decorate(view: View) -> View:
        counted = limiter.limit(lambda: current_app.config["LIMITS"][action], key_func=account, scope=action)(view)

        @wraps(view)
        def limited_view(**arguments: Any) -> Any:
            g.account = sha256(arguments["body"].user.email.encode()).hexdigest()
            return counted(**arguments)

        return limited_view

    return decorate


def account() -> str:
    """A digest: Redis need not know who logs in."""
    digest: str = g.account
    return digest


def retry_after() -> int:
    """Seconds until the limit that was just reached lets the account try again."""
    reached = limiter.current_limit
    return max(1, round(reached.reset_at - time())) if reached else 60
