"""The write side of the protocol, on SQLAlchemy engines: mark before COMMIT, done after it."""

import logging
import secrets
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, event

from hotroute.cache import capture
from hotroute.cache.statements import Footprint, footprint
from hotroute.cache.store import Store

log = logging.getLogger(__name__)

TOUCHED, BEGUN, FLUSHING = "hotroute.touched", "hotroute.begun", "hotroute.flushing"
UNPARSED = "?"
BULK = "!bulk"
"""After a table's name: the tag of what changed rows without saying which."""


class UncachedWriteError(RuntimeError):
    """A transaction wrote in a way that no cache can follow; the message says what to do."""


class MarkExpiredError(RuntimeError):
    """The process was paused between MARK and COMMIT for longer than a mark holds; the transaction was rolled back."""


class Changes:
    """Follows what the transactions of an engine write.

    Args:
        store: where the tags are.
        mark_ttl: seconds that a mark of the store holds.
    """

    def __init__(self, store: Store, mark_ttl: float) -> None:
        self.store, self.mark_ttl = store, mark_ttl

    def follow(self, engine: Engine) -> None:
        """Listen to the engine. The session's events would miss `secondary` tables, bulk methods and plain
        connections, and fire for savepoints too; these see every statement and the outermost commit only.
        """
        event.listen(engine, "begin", begin)
        event.listen(engine, "rollback", forget)
        event.listen(engine, "before_cursor_execute", note)
        event.listen(engine, "prepare_twophase", refuse_two_phases)
        engine.dialect.do_commit = self.committing(engine.dialect.do_commit)  # type: ignore[assignment,method-assign]

    def committing(self, commit: Callable[[Any], None]) -> Callable[[Any], None]:
        """COMMIT between MARK and DONE; in the dialect, for SQLAlchemy has no event after the DBAPI's COMMIT."""

        def do_commit(connection: Any) -> None:
            tags = sorted(take(connection.info))
            if not tags:
                commit(connection)
                return
            refuse_unparsed(tags)
            token, deadline = secrets.token_hex(8), monotonic() + self.mark_ttl * 0.9
            self.store.mark(tags, token)
            try:
                if monotonic() > deadline:
                    raise MarkExpiredError("the transaction's mark in the cache expired before its COMMIT; try again")
                commit(connection)
            except BaseException:
                # Whether it was committed, nobody knows if the connection broke: the mark stays until it expires.
                self.finish(tags, token, leave=True)
                raise
            self.finish(tags, token)

        return do_commit

    def finish(self, tags: list[str], token: str, *, leave: bool = False) -> None:
        """A commit that happened is answered as one, whatever becomes of the mark: it expires by itself."""
        try:
            self.store.done(tags, token, leave=leave)
        except Exception:
            log.warning("the mark of a committed write could not be taken away, it expires by itself", exc_info=True)


def touch(connection: Connection, tags: Iterable[str]) -> None:
    """Say that the transaction of `connection` changes what depends on `tags`."""
    connection.info.setdefault(TOUCHED, set()).update(tags)


def note(
    connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _executemany: bool
) -> None:
    found = footprint(statement, context)
    if found.writes:
        refuse_autocommit(connection)
        touch(connection, found.writes)
        if not connection.info.get(FLUSHING):
            touch(connection, [table + BULK for table in found.writes if table != UNPARSED])
    if seen := capture.current.get():
        watch(seen, connection, found)


def watch(seen: capture.Capture, connection: Connection, found: Footprint) -> None:
    seen.tables |= found.reads
    if found.writes:
        seen.refuse("the request wrote")
    elif not found.parsed:
        seen.refuse("an unparsed statement ran")
    if connection.info.get(BEGUN, 0.0) < seen.began:
        seen.refuse("a transaction was older than the question")


def begin(connection: Connection) -> None:
    forget(connection)
    connection.info[BEGUN] = monotonic()


def forget(connection: Connection) -> None:
    connection.info.pop(TOUCHED, None)
    connection.info.pop(FLUSHING, None)


def take(info: dict[str, Any]) -> set[str]:
    info.pop(FLUSHING, None)
    tags: set[str] = info.pop(TOUCHED, set())
    return tags


def refuse_unparsed(tags: list[str]) -> None:
    if UNPARSED in tags:
        raise UncachedWriteError(
            "SQL text wrote, and the cache cannot know what: say so in the transaction with invalidate(session, ...)"
        )


def refuse_autocommit(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT":
        raise UncachedWriteError("a write under AUTOCOMMIT cannot be marked before it is seen: use a transaction")


def refuse_two_phases(_connection: Connection, _xid: Any) -> None:
    raise UncachedWriteError("two-phase commits are not followed by the cache")
