"""`hotroute trust`, for a Redis that was started while no earlier one can be reached."""

from typing import Any

from hotroute.cache.cli.explain import front_of
from hotroute.cache.store.redis import RedisStore
from hotroute.cache.tracking import early_trust


class NotTrusted(Exception):
    """The message says why."""


def trust(app: Any) -> str:
    """Have the Redis of an application count from now on, and say so in a line.

    Raises:
        CannotExplain: the application has no cache.
        NotTrusted: Redis counts only when the time of a mark is over.
        Unreachable: Redis does not answer.
    """
    store, options = front_of(app).store, getattr(app, "extensions", {}).get("hotroute.application")
    if not isinstance(store, RedisStore) or options is None:
        raise NotTrusted("the application keeps its answers in memory, which needs no trust, or is no Flask object")
    if early_trust.trust(store, options.engines):
        return "trusted: hot routes are served and stored from now on"
    raise NotTrusted(
        f"a transaction that has written may be open; without it, Redis counts {store.mark_ttl:g} s after its start"
    )
