"""The cache with something left out, for tests that must notice."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import Session

from hotroute.cache.redis_client.client import Script
from hotroute.cache.tracking import writes

NONCE = "(tonumber(string.match(redis.call('GET', ARGV[1] .. 't:' .. ARGV[i]) or '', '%d+') or '0') + 1)"
"""What a counter says next; one that is missing begins again."""

COMPARING = ("wait", "same = same and own[tag] == nonce", "same = true")
SCRIPTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "no quarantine after a restart": (("look", "if now - tonumber(born) < mark then", "if false then"),),
    "a lease per URL without the vector": (
        ("look", "redis.sha1hex(table.concat(nonces, '\\n'))", "'the same'"),
        COMPARING,
    ),
    "a waiter that accepts any entry": (COMPARING,),
    "a flag for the writers": (("done", "redis.call('ZREM', marks, ARGV[4])", "redis.call('DEL', marks)"),),
    "counters for nonces": (
        ("mark", "ARGV[4] .. i", NONCE),
        ("done", "ARGV[3] .. i", NONCE),
        ("look", "nonce = seed .. i", "nonce = tostring((tonumber(string.match(nonce or '', '%d+') or '0') + 1))"),
    ),
    "no run id": (
        ("look", "KEYS[1] .. ':' .. run", "KEYS[1]"),
        ("look", "if now - tonumber(born) < mark then", "if false then"),
    ),
}
"""By the names of `model.protocol.BROKEN`: scripts, what is taken out of each, and what comes in its place."""


class Broken(Script):
    """A script of ours with changes."""

    def __init__(self, name: str, *changes: tuple[str, str]) -> None:
        super().__init__(name)
        for old, new in changes:
            changed = self.source.replace(old.encode(), new.encode())
            if changed == self.source:
                raise RuntimeError(f"{name}.lua is not what it was: break it in another way")
            self.source = changed
        self.digest = sha1(self.source, usedforsecurity=False).hexdigest()


def scripts(name: str) -> dict[str, Broken]:
    """What `redis_store` has under these names, broken."""
    named = dict.fromkeys(script for script, _, _ in SCRIPTS[name])
    return {
        script.upper(): Broken(script, *((old, new) for of, old, new in SCRIPTS[name] if of == script))
        for script in named
    }


@contextmanager
def session_events() -> Iterator[None]:
    """A writer that marks in the session's `before_commit`, in place of the engine's: before the last flush."""

    def before_commit(session: Session) -> None:
        connection = session.connection()
        tags = sorted(writes.pop_tags(connection.info))
        made = [each.mark(tags) for each in writes.followers(connection.dialect)]
        connection.info.setdefault(writes.MARKED, []).extend(made)

    def marked(_dialect: Dialect, info: dict[str, Any]) -> list[writes.WriteIntent]:
        found: list[writes.WriteIntent] = info.get(writes.MARKED, [])
        return found

    # Before those of `mark_together`, which flush: another test's application may have several engines.
    event.listen(Session, "before_commit", before_commit, insert=True)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writes, "mark", marked)
            yield
    finally:
        event.remove(Session, "before_commit", before_commit)
