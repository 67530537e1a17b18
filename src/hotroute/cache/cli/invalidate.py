"""`hotroute invalidate`, for programs that write without the application."""

from collections.abc import Iterator, Sequence

from hotroute.cache.invalidation import invalidate_now, with_rows
from hotroute.cache.store.base import written
from hotroute.cache.store.redis import RedisStore


class NothingInvalidated(Exception):
    """The message says why."""


def invalidate(store: object, tags: Sequence[str], *, sure: bool) -> Iterator[str]:
    """Invalidate, and say what depended on which of the tags, in lines.

    Args:
        sure: the store is the application's, and not one that may be another's or nobody's.

    Raises:
        NothingInvalidated: this cannot be the store that the application uses.
        Unreachable: Redis does not answer.
    """
    if not isinstance(store, RedisStore):
        raise NothingInvalidated("the application keeps its answers in memory, where only its own process gets at them")
    if not sure and not asked(store):
        raise NothingInvalidated(
            f"since this Redis has started, no application has used it under {store.namespace!r}: give --app, or set "
            "REDIS_URL and CACHE_NAMESPACE to what the application has"
        )
    depended = [tag for tag in tags if known(store, tag)]
    invalidate_now(store, depended)
    if depended:
        yield f"invalidated: {', '.join(depended)}"
    if others := [tag for tag in tags if tag not in depended]:
        yield f"nothing depends on: {', '.join(others)}"


def asked(store: RedisStore) -> bool:
    """Who asks first leaves when that was (scripts/look.lua)."""
    found = store.link.exchange(
        lambda wire, deadline: wire.execute([("EXISTS", f"{store.namespace}born:{wire.run_id}")], deadline)
    )
    return found == [1]


def known(store: RedisStore, tag: str) -> bool:
    """Whether it has a version: no answer can depend on it otherwise, nor one that is being found."""
    return bool(store.link.call("EXISTS", *(f"{store.namespace}t:{written(each)}" for each in with_rows([tag]))))
