"""A cache that is slow at the protocol's most delicate moments, and broken on purpose if asked to be.

The delays are the same for a correct cache, which must bear them: a scheduler may pause a process anywhere.
"""

import random
import time
from collections.abc import Callable
from typing import Any

from hotroute.cache.store import redis
from hotroute.cache.store.redis import RedisStore
from tests.cache.model import broken
from tests.cache.model.broken import Broken

SHARE = 0.2
LONGEST = 0.02
"""Seconds."""


def dawdle() -> None:
    if random.random() < SHARE:
        time.sleep(random.random() * LONGEST)


def slowly(step: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    def slow(*arguments: Any, **options: Any) -> Any:
        if before:
            dawdle()
        answer = step(*arguments, **options)
        if not before:
            dawdle()
        return answer

    return slow


def nothing(*_arguments: Any, **_options: Any) -> None:
    pass


def after_commit_only() -> None:
    """A writer that says what it changed after its commit, as most caches have it (R1, R3)."""
    RedisStore.mark = nothing  # type: ignore[method-assign]


def before_commit_only() -> None:
    """A writer that invalidates within its transaction (R2)."""
    mark, done = RedisStore.mark, RedisStore.done

    def at_once(store: RedisStore, tags: Any, token: str) -> None:
        mark(store, tags, token)
        done(store, tags, token)

    RedisStore.mark = at_once  # type: ignore[assignment,method-assign]
    RedisStore.done = nothing  # type: ignore[method-assign]


def any_entry() -> None:
    """A reader that does not compare what an entry was made from (a TTL alone)."""
    redis.LOOK = Broken("look", ("current[i] ~= nonces[i]", "false"))


def lease_per_url() -> None:
    """A reader that waits for whoever asked the same, before a commit perhaps (R7)."""
    vars(redis).update(broken.scripts("a lease per URL without the vector"))


BREAKS = {
    "after_commit_only": after_commit_only,
    "before_commit_only": before_commit_only,
    "any_entry": any_entry,
    "lease_per_url": lease_per_url,
}
"""What shows only where Redis is killed at one moment is left to the replay
(`tests/cache/model/test_replay_breaks.py`)."""


def torment(name: str) -> None:
    if name:
        BREAKS[name]()
    RedisStore.mark = slowly(RedisStore.mark, before=False)  # type: ignore[method-assign]
    RedisStore.done = slowly(RedisStore.done, before=True)  # type: ignore[method-assign]
    RedisStore.save = slowly(RedisStore.save, before=True)  # type: ignore[method-assign]
