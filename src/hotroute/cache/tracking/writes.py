"""The write side of the protocol, on SQLAlchemy engines: mark before COMMIT, done after it."""

import logging
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from threading import get_ident
from time import monotonic
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.engine.interfaces import Dialect

from hotroute.cache.redis_client.client import Unreachable
from hotroute.cache.store.base import EPOCH, Store, written
from hotroute.cache.tracking import flush_scope, reads
from hotroute.cache.tracking.sql_tables import UNPARSED, TableUsage, footprint, learn

if TYPE_CHECKING:
    from hotroute.cache.tracking.outage_fence import Fence

log = logging.getLogger(__name__)

TOUCHED, BEGUN, MARKED = "hotroute.touched", "hotroute.begun", "hotroute.marked"
FOLLOWERS = "hotroute.followers"
UNPARSED_TEXT = "hotroute.unparsed_text"
LITERAL = re.compile(r"""['"$]|\b\d|--|/\*""")
LONGEST_TEXT = 200
begun = WeakKeyDictionary[Connection, int]()
"""Connections, and the threads that have begun their latest transactions, for `hotroute.testing`."""

BULK = "!bulk"
"""After a table's name: the tag of what changed rows without saying which."""


class UncachedWriteError(RuntimeError):
    """A transaction wrote in a way that no cache can follow; the message says what to do."""


class MarkExpiredError(RuntimeError):
    """The process was paused between MARK and COMMIT for longer than a mark holds; the transaction was rolled back."""


class WriteIntent(NamedTuple):
    """What a transaction has marked in a store; it must not commit after `deadline`, seconds of `time.monotonic`."""

    store: Store
    tags: list[str]
    token: str
    deadline: float


class WriteTracker:
    """Follows what the transactions of an engine write.

    Args:
        store: where the tags are.
        fence: lets a transaction commit that the store cannot be told of; without one, `Unreachable` aborts it.
        metadata: of all tables.
        views: the tables that each view of the database reads.
        raw_writes: "refuse" a COMMIT after SQL text that wrote, or "invalidate" everything, with a warning.
    """

    def __init__(
        self,
        store: Store,
        fence: "Fence | None" = None,
        metadata: Iterable[MetaData] = (),
        views: Mapping[str, Iterable[str]] = MappingProxyType({}),
        raw_writes: str = "refuse",
    ) -> None:
        self.store, self.fence, self.raw_writes = store, fence, raw_writes
        self.metadata, self.views = tuple(metadata), views

    def attach(self, engine: Engine) -> None:
        """Listen to the engine. The session's events would miss `secondary` tables, bulk methods and plain
        connections, and fire for savepoints too; these see every statement and the outermost commit only.
        """
        event.listen(engine, "begin", begin)
        event.listen(engine, "rollback", forget)
        event.listen(engine, "before_cursor_execute", on_statement)
        event.listen(engine, "prepare_twophase", refuse_two_phases)
        if not followers(engine.dialect):
            vars(engine.dialect)[FOLLOWERS] = []
            engine.dialect.do_commit = committing(engine.dialect)  # type: ignore[assignment,method-assign]
        followers(engine.dialect).append(self)
        learn(engine.dialect, self.metadata, self.views)

    def mark(self, tags: list[str]) -> WriteIntent:
        """
        Raises:
            Unreachable: the store did not answer. The mark may be there all the same, and expires by itself.
        """
        made = WriteIntent(self.store, tags, secrets.token_hex(8), monotonic() + self.store.mark_ttl * 0.9)
        try:
            self.store.mark(made.tags, made.token)
        except Unreachable:
            if self.fence is None:
                raise
            return WriteIntent(self.store, [], "", self.fence.engage())
        return made


def followers(dialect: Dialect) -> list[WriteTracker]:
    """Who follows an engine: applications, each with a store of its own. An engine with options has its dialect."""
    found: list[WriteTracker] = vars(dialect).get(FOLLOWERS, [])
    return found


def committing(dialect: Dialect) -> Callable[[Any], None]:
    """COMMIT between MARK and DONE; in the dialect, for SQLAlchemy has no event after the DBAPI's COMMIT."""
    commit = dialect.do_commit

    def do_commit(connection: Any) -> None:
        leave = False
        try:
            refuse_late(mark(dialect, connection.info))
            leave = True
            commit(connection)
        except BaseException as error:
            # SQLAlchemy does not, after a COMMIT that failed: the next transaction would commit our writes.
            with suppress(Exception):
                dialect.do_rollback(connection)
            complete(connection.info, leave=leave and not refused(dialect, error, connection))
            raise
        complete(connection.info)

    return do_commit


def mark(dialect: Dialect, info: dict[str, Any]) -> list[WriteIntent]:
    """Mark what the transaction touched since it was marked last, with all who follow; gives all its marks."""
    tags = sorted(pop_tags(info))
    marks: list[WriteIntent] = info.setdefault(MARKED, [])
    if tags:
        if UNPARSED in tags:
            refuse_unparsed(followers(dialect), info.get(UNPARSED_TEXT, ""))
            tags = sorted({*tags, EPOCH} - {UNPARSED})
        for each in followers(dialect):
            marks.append(each.mark(tags))  # noqa: PERF401  # if the next one fails, these are known, and taken away
    return marks


def complete(info: dict[str, Any], *, leave: bool = False) -> None:
    """A commit that happened is answered as one, whatever becomes of the mark: it expires by itself."""
    for made in info.pop(MARKED, ()):
        if not made.tags:
            continue
        try:
            made.store.done(made.tags, made.token, leave=leave)
        except Exception:
            log.warning("the mark of a write could not be taken away, it expires by itself", exc_info=True)


def begin(connection: Connection) -> None:
    forget(connection)
    connection.info[BEGUN] = monotonic()
    begun[connection] = get_ident()


def forget(connection: Connection) -> None:
    # The pool gave up what an invalidated connection knew with it, and asking would be an error.
    if not connection.invalidated:
        pop_tags(connection.info)
        complete(connection.info)


def add_tags(connection: Connection, tags: Iterable[str]) -> None:
    """Say that the transaction of `connection` changes what depends on `tags`."""
    connection.info.setdefault(TOUCHED, set()).update(map(written, tags))


def on_statement(
    connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _executemany: bool
) -> None:
    found = footprint(statement, context)
    if found.writes:
        refuse_autocommit(connection)
        if UNPARSED in found.writes:
            connection.info[UNPARSED_TEXT] = without_values(statement)
        add_tags(connection, found.writes)
        in_bulk = found.writes - row_tagged_tables(connection, found, context) - {UNPARSED, EPOCH}
        add_tags(connection, [table + BULK for table in in_bulk])
    if EPOCH in found.writes and committed_at_once(connection):
        mark(connection.dialect, connection.info)


def committed_at_once(connection: Connection) -> bool:
    """SQLite's driver, unless told to keep out of it, begins no transaction before CREATE or DROP."""
    raw: Any = connection.connection.dbapi_connection
    return not getattr(raw, "in_transaction", True)


def row_tagged_tables(connection: Connection, found: TableUsage, context: Any) -> set[str]:
    """The tables whose rows a flush says by tags of their own (`RowTags`): not what the database's cascades change, nor
    what an event of the flush writes by a statement of its own, which lacks the mappers' cache or names an entity.
    """
    told = flush_scope.declared(connection.dialect)
    if not told or "compiled_cache" not in context.execution_options:
        return set()
    return set() if "entity" in context.compiled.statement.entity_description else told - found.cascades


@event.listens_for(Engine, "before_cursor_execute")
def watch(
    connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _executemany: bool
) -> None:
    """What the request reads that this context answers, on any engine there is."""
    seen = reads.current.get()
    if seen is None:
        return
    if not any(each.store is seen.store for each in followers(connection.dialect)):
        seen.mark_uncacheable("untracked engine")
        return
    found = footprint(statement, context)
    seen.tables |= found.reads
    if found.writes:
        seen.mark_uncacheable("request wrote")
    elif not found.parsed and not seen.declared:
        seen.mark_uncacheable("raw sql")
    # BEGIN itself, where another listener sends it, comes before we hear of the new transaction; it reads nothing.
    if (found.reads or not found.parsed) and connection.info.get(BEGUN, 0.0) < seen.began:
        seen.mark_uncacheable("stale transaction")


def pop_tags(info: dict[str, Any]) -> set[str]:
    tags: set[str] = info.pop(TOUCHED, set())
    return tags


def refused(dialect: Dialect, error: BaseException, connection: Any) -> bool:
    """Whether the database answered that it did not commit. If the connection broke, nobody knows: the mark stays until
    it expires.
    """
    known: type[Exception] = dialect.loaded_dbapi.Error
    return isinstance(error, known) and not dialect.is_disconnect(error, connection.dbapi_connection, None)  # type: ignore[arg-type]


def without_values(statement: str) -> str:
    """Return the statement up to its first literal, for the log."""
    text = " ".join(LITERAL.split(statement, maxsplit=1)[0].split())
    return f"{text[:LONGEST_TEXT]} ..."


def refuse_late(marks: list[WriteIntent]) -> None:
    if any(monotonic() > each.deadline for each in marks):
        raise MarkExpiredError("the transaction's mark in the cache expired before its COMMIT; try again")


def refuse_unparsed(following: Iterable[WriteTracker], statement: str) -> None:
    """Refuse the COMMIT, unless all who follow have chosen to have everything made anew."""
    if any(each.raw_writes == "refuse" for each in following):
        raise UncachedWriteError(
            "SQL text wrote, and the cache cannot know what: say so in the transaction with invalidate(session, ...)"
        )
    log.warning("SQL text wrote, and every cached response is made anew: use invalidate(): %s", statement)


def refuse_autocommit(connection: Connection) -> None:
    raw: Any = connection.connection.dbapi_connection
    # A SQLite driver is told to keep out of it, and the engine sends BEGIN itself.
    if connection.dialect.detect_autocommit_setting(raw) and not getattr(raw, "in_transaction", False):
        raise UncachedWriteError("a write under AUTOCOMMIT cannot be marked before it is seen: use a transaction")


def refuse_two_phases(_connection: Connection, _xid: Any) -> None:
    raise UncachedWriteError("two-phase commits are not followed by the cache")
