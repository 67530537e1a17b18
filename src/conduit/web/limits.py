"""Limits on how often one account may be tried."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from time import time
from typing import Any

from flask import Flask, current_app, request
from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis import RedisError
from werkzeug.exceptions import TooManyRequests

from conduit.config import Settings
from hotroute import redis_client

View = Callable[..., Any]
Count = tuple[RateLimitItem, str]


@dataclass(frozen=True)
class Limits:
    """The limits of an application, and the places where attempts are counted."""

    shared: FixedWindowRateLimiter
    # Redis away: each worker counts in its own memory, which is looser and still a limit.
    own: FixedWindowRateLimiter
    # From one network, by action.
    rates: dict[str, list[RateLimitItem]]
    # From all networks together.
    account_rates: list[RateLimitItem]


def init_app(app: Flask, settings: Settings) -> None:
    # limits spells a socket in another way than redis-py.
    url = settings.redis.replace("unix://", "redis+unix://", 1)
    storage = storage_from_string(url, **redis_client.options(settings.redis_timeout))
    app.extensions["limits"] = Limits(
        FixedWindowRateLimiter(storage),
        FixedWindowRateLimiter(MemoryStorage()),
        {
            "login": parse_many(settings.login_rate_limit),
            "registration": parse_many(settings.registration_rate_limit),
        },
        parse_many(settings.account_rate_limit),
    )


def limited(action: str) -> Callable[[View], View]:
    """Count each call of a view, whose `body.user.email` names an account, as one attempt of `action` on it.

    The view raises werkzeug.exceptions.TooManyRequests where a setting's limit is reached.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def limited_view(**arguments: Any) -> Any:
            count(action, arguments["body"].user.email)
            return view(**arguments)

        return limited_view

    return decorate


def count(action: str, email: str) -> None:
    limits: Limits = current_app.extensions["limits"]
    counts = list(find_counts(limits, action, email))
    try:
        seconds = hit(limits.shared, counts)
    except RedisError:
        seconds = hit(limits.own, counts)
    if seconds:
        raise TooManyRequests(retry_after=seconds)


def find_counts(limits: Limits, action: str, email: str) -> Iterable[Count]:
    """Return what an attempt counts for.

    The network comes first: its refused attempts do not use up the account's own limit, and so one network alone
    keeps nobody out from elsewhere.
    """
    for rate in limits.rates[action]:
        yield rate, make_key(action, email, find_network(request.remote_addr or ""))
    for rate in limits.account_rates:
        yield rate, make_key(action, email)


def hit(limiter: FixedWindowRateLimiter, counts: list[Count]) -> int:
    """Count an attempt; return the seconds until the next one is allowed, 0 where this one is."""
    for rate, key in counts:
        if not limiter.hit(rate, key):
            return max(1, round(limiter.get_window_stats(rate, key).reset_time - time()))
    return 0


def make_key(*parts: str) -> str:
    """Return a digest: Redis need not know who logs in, nor from where."""
    return "conduit:" + sha256("\0".join(parts).encode()).hexdigest()


def find_network(address: str) -> str:
    """Return the network that one customer has: an IPv4 address, or the /64 of an IPv6 address (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and not found.ipv4_mapped:
        return str(ip_network((int(found), 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)
