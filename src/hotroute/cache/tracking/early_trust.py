"""Early trust: a Redis that has just started counts at once if no mark can have been lost (docs/cache-model.md)."""

import secrets
from collections.abc import Callable, Iterable
from contextlib import closing
from time import monotonic, sleep
from typing import Any

from sqlalchemy import ColumnElement, Engine, String, cast, func, select
from sqlalchemy.exc import SQLAlchemyError

from hotroute.cache.redis_client.client import Script
from hotroute.cache.store.redis import RedisStore

TRUST = Script("trust")
FOREVER = "0"
PATIENCE = 2.0
"""Seconds that transactions which have written get to end."""

DIGITS = 10**9


def trust(store: RedisStore, engines: Iterable[Engine], patience: float = PATIENCE) -> bool:
    """Have the server count from now on, unless a transaction that has written is open in a database.

    A mark protects a transaction that has written and not ended, and is made after its last write. The databases say
    whether there is one, of any process on any host. Call this only where no earlier server can be marked in any more.

    Args:
        engines: of all databases whose writes are marked in this store.
        patience: seconds to wait for such transactions to end.

    Returns:
        Whether the server counts.

    Raises:
        Unreachable: the server does not answer.
    """
    born = meet(store)
    if born == FOREVER:
        return True
    return all(has_no_writer(engine, patience) for engine in engines) and confirm(store, born)


def meet(store: RedisStore) -> str:
    """Return since when the server counts: from here on, a mark that is new is in this run of it."""
    digits = str(DIGITS + secrets.randbelow(DIGITS))
    born: bytes = store.link.run(TRUST, [], store.namespace, "{run}", "", digits)
    return born.decode()


def confirm(store: RedisStore, born: str) -> bool:
    """Have the server count, if it still is what was met."""
    return bool(store.link.run(TRUST, [], store.namespace, "{run}", born, ""))


def has_no_writer(engine: Engine, patience: float) -> bool:
    """Return whether every transaction that had written when this was called has ended; False where that is unknown."""
    check = CHECKS.get(engine.dialect.name)
    if check is None:
        return False
    try:
        return check(engine, patience)
    except (SQLAlchemyError, engine.dialect.loaded_dbapi.Error):
        return False


def sqlite_has_no_writer(engine: Engine, _patience: float) -> bool:
    """Take SQLite's one write lock for a moment; the engine's own timeout says how long to wait for it."""
    with closing(engine.raw_connection()) as connection:
        connection.cursor().execute("BEGIN IMMEDIATE")
        connection.rollback()
    return True


def postgresql_has_no_writer(engine: Engine, patience: float) -> bool:
    """Wait until every transaction with a lower id has ended; it gets one when it first writes.

    A list of those in progress would leave out the newest: a snapshot ends at the last id that has ended.
    """
    deadline = monotonic() + patience
    own = read_id(engine, func.pg_current_xact_id())
    while read_id(engine, func.pg_snapshot_xmin(func.pg_current_snapshot())) <= own:
        if monotonic() > deadline:
            return False
        sleep(0.02)
    return True


def read_id(engine: Engine, function: ColumnElement[Any]) -> int:
    """Return a transaction id, which counts through all wraparounds, in a transaction of its own."""
    with engine.connect() as connection:
        return int(connection.execute(select(cast(function, String))).scalar_one())


CHECKS: dict[str, Callable[[Engine, float], bool]] = {
    "sqlite": sqlite_has_no_writer,
    "postgresql": postgresql_has_no_writer,
}
