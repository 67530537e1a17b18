"""Drop what a forked process has inherited: connections, locks and threads are its parent's.

Two processes with one connection read each other's answers. So a child opens its own, and closes none of the parent's:
a driver's farewell would end the connection for the parent too. Every way of forking is covered, by
`os.register_at_fork`; every SQLAlchemy engine of the process is, whoever has made it.
"""

import ctypes
import os
from typing import Any, Protocol
from weakref import WeakSet

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry, Pool

engines = WeakSet[Engine]()
entries = WeakSet[ConnectionPoolEntry]()


class Resettable(Protocol):
    """An object with connections, locks or threads that no child may use."""

    def reset_after_fork(self) -> None:
        """Replace them, in the child. Other threads of the parent may hold its locks, and are not here."""


resettable = WeakSet[Resettable]()


class InheritedConnectionError(Exception):
    """A connection was used that the parent process has opened."""


class InheritedConnection:
    """A stand-in for a connection that was in use at the fork: its transaction is the parent's to end."""

    def cursor(self, *_arguments: object, **_options: object) -> Any:
        """Raises:
        InheritedConnectionError: always.
        """
        raise InheritedConnectionError(
            "this connection or session was opened before the fork, and belongs to the parent process: roll it back, "
            "or open one in each process"
        )

    def end(self) -> None:
        """Do nothing, in place of the parent."""

    commit = rollback = close = end


def reset_in_children(each: Resettable) -> None:
    """Have `each.reset_after_fork()` run in every forked child, for as long as somebody holds it."""
    resettable.add(each)


def reset() -> None:
    """Drop what was inherited; runs in each child before anything else does."""
    in_memory = [engine.pool for engine in engines if is_in_memory(engine)]
    for entry in entries:
        if getattr(entry, "_ConnectionRecord__pool", None) not in in_memory:
            abandon(entry)
    for engine in engines:
        if engine.pool not in in_memory:
            # A new pool: of the old one, threads that are not here may hold a lock or a place.
            engine.dispose(close=False)
    for each in resettable:
        each.reset_after_fork()


def abandon(entry: Any) -> None:
    """Let go of one pooled connection, without a word to the server."""
    connection, user = entry.dbapi_connection, entry.fairy_ref and entry.fairy_ref()
    if connection is None:
        return
    # Never finalized, not even at exit: not every driver's finalizer knows of forks.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
    entry.dbapi_connection = InheritedConnection() if entry.in_use else None
    if user is not None:
        user.dbapi_connection = entry.dbapi_connection


def is_in_memory(engine: Engine) -> bool:
    """Return whether it is SQLite's database in memory, of which each process has a copy and shares nothing."""
    url = engine.url
    is_file = url.database not in {None, "", ":memory:"} and url.query.get("mode") != "memory"
    return engine.dialect.name == "sqlite" and not (is_file and "mode=memory" not in str(url.database))


@event.listens_for(Engine, "engine_connect")
def remember_engine(connection: Connection) -> None:
    engines.add(connection.engine)


@event.listens_for(Pool, "connect")
def remember_entry(_connection: object, entry: ConnectionPoolEntry) -> None:
    entries.add(entry)


@event.listens_for(Engine, "handle_error")
def report_disconnect(context: ExceptionContext) -> None:
    """Have SQLAlchemy treat it as a connection that is lost: after a rollback, the next one is the child's own."""
    if isinstance(context.original_exception, InheritedConnectionError):
        context.is_disconnect, context.invalidate_pool_on_disconnect = True, False


os.register_at_fork(after_in_child=reset)
