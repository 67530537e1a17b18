"""How often one account may be tried."""

from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from time import time
from typing import Any

from flask import Flask, current_app, g
from flask_limiter import Limiter
from werkzeug.exceptions import TooManyRequests

from conduit.config import Settings
from hotroute import redis_client

View = Callable[..., Any]


def init_app(app: Flask, settings: Settings) -> None:
    rates = {"login": settings.login_rate_limit, "registration": settings.registration_rate_limit}
    app.extensions["limiter"] = limiters = set[Limiter]()
    app.extensions["attempts"] = {}
    for action, rate in rates.items():
        limiter = Limiter(
            key_func=account,
            # As it spells a socket.
            storage_uri=settings.redis.replace("unix://", "redis+unix://", 1),
            storage_options=redis_client.options(settings.redis_timeout),
            # Redis away: each worker counts in its own memory, which is looser and still a limit.
            in_memory_fallback_enabled=True,
            key_prefix=f"conduit:{action}",
        )
        # Flask-Limiter hooks itself before and after every request, 100 us each; told that it has done so already,
        # it does not. And it keeps one storage in each object, so each application has objects of its own.
        limiters.add(limiter)
        limiter.init_app(app)
        app.extensions["attempts"][action] = limiter, limiter.limit(rate)(attempt)


def attempt() -> None:
    """What the limits are on."""


def account() -> str:
    """A digest: Redis need not know who logs in."""
    email: str = g.account
    return sha256(email.encode()).hexdigest()


def limited(action: str) -> Callable[[View], View]:
    """Count each call of a view, whose `body.user.email` names an account, as one attempt of `action` on it.

    The view raises werkzeug.exceptions.TooManyRequests where the setting's limit is reached.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def limited_view(**arguments: Any) -> Any:
            count(action, arguments["body"].user.email)
            return view(**arguments)

        return limited_view

    return decorate


def count(action: str, email: str) -> None:
    limiter, try_once = current_app.extensions["attempts"][action]
    g.account = email
    try:
        try_once()
    except TooManyRequests as reached:
        until = limiter.current_limit.reset_at if limiter.current_limit else time()
        reached.retry_after = max(1, round(until - time()))
        raise
