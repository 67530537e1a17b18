"""SQLAlchemy engines that behave under a web server, on SQLite and PostgreSQL."""

from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.pool import ConnectionPoolEntry

from hotroute.database import pooler

WRITES = {"sqlite_begin": "BEGIN IMMEDIATE"}
"""Execution options of a transaction that is going to write, for `session.connection(execution_options=WRITES)`.

SQLite gives a transaction that reads first and writes later SQLITE_BUSY_SNAPSHOT at once, whatever the busy timeout;
one that begins as a writer waits its turn (https://sqlite.org/lang_transaction.html). PostgreSQL ignores the option.
"""

LONGEST = 4
"""How many times `timeout` a statement may take that waits for no lock."""


def options(url: str, *, pool_size: int, timeout: float, schema: str | None = None) -> dict[str, Any]:
    """Return arguments for `sqlalchemy.create_engine`.

    Args:
        url: the database's URL; what its query says of a driver's option wins over ours. `?pooler=transaction` where
            PgBouncer or its like stands in front of PostgreSQL.
        pool_size: connections kept per process; a thread holds one at a time, so the number of threads is enough.
        timeout: seconds to wait for a connection, a lock or an answer before the request is given up.
        schema: PostgreSQL's, for tables that name none.
    """
    parsed = make_url(url)
    arguments = sqlite(timeout) if parsed.get_backend_name() == "sqlite" else postgresql(timeout, schema)
    if pooler.is_used(parsed):
        # It refuses them: `prepare` sets them in each transaction.
        arguments.pop("options", None)
    return {
        "url": url,
        "pool_size": pool_size,
        "max_overflow": 1,
        "pool_timeout": timeout,
        # What people write is not for the log, not even in an error.
        "hide_parameters": True,
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        "connect_args": {name: value for name, value in arguments.items() if name not in parsed.query},
    }


def sqlite(timeout: float) -> dict[str, Any]:
    return {"timeout": timeout}


def postgresql(timeout: float, schema: str | None) -> dict[str, Any]:
    settings = server_settings(timeout, schema) | {"timezone": "UTC"}
    return {
        "connect_timeout": max(1, round(timeout)),
        "tcp_user_timeout": round(timeout * 1000),
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }


def server_settings(timeout: float, schema: str | None) -> dict[str, object]:
    """Return what PostgreSQL itself is told; a timeout of 0 is none."""
    milliseconds = round(timeout * 1000)
    limits: dict[str, object] = {
        "lock_timeout": milliseconds,
        "statement_timeout": milliseconds * LONGEST,
        # Below the time for which a cache may trust that a writer is still writing.
        "idle_in_transaction_session_timeout": milliseconds * LONGEST,
    }
    return limits | ({"search_path": schema} if schema else {})


def prepare(engine: Engine, timeout: float | None = None, schema: str | None = None) -> None:
    """Give a SQLite engine its pragmas and its explicit BEGIN, and a PostgreSQL engine an end to its patience.

    Args:
        timeout: seconds, as for `options`; None where statements may take as long as they like, as in a migration.
        schema: as for `options`.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", set_pragmas)
        event.listen(engine, "begin", begin)
        return
    from hotroute.database import postgres_timeouts  # noqa: PLC0415  # needs the extra postgresql

    # A second more than the server itself allows: its own answer says what took so long.
    postgres_timeouts.listen(engine, idle=timeout, busy=timeout and timeout * LONGEST + 1)
    if pooler.is_used(engine.url):
        pooler.set_in_each_transaction(engine, server_settings(timeout or 0, schema))


def set_pragmas(connection: Any, record: ConnectionPoolEntry) -> None:  # noqa: ARG001
    # The driver's own transactions begin at the first DML, not at the first SELECT: we send BEGIN ourselves.
    connection.isolation_level = None
    # FULL: a commit that was acknowledged survives a power cut too, not only a crash of the process.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("reads_only"):
        connection.exec_driver_sql(options.get("sqlite_begin", "BEGIN"))


def reader(engine: Engine) -> Engine:
    """The same pool for reading by single statements, each a transaction of its own: no BEGIN, no ROLLBACK.

    On PostgreSQL those are two more round trips for each request. Nothing that this engine writes can be rolled back.
    """
    chosen: dict[str, Any] = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
    return engine.execution_options(reads_only=True, **chosen)


def make_folder(url: str) -> None:
    """Make the folder of a SQLite file, which SQLite itself does not."""
    file = make_url(url).database
    if url.startswith("sqlite") and file and file != ":memory:":
        Path(file).parent.mkdir(parents=True, exist_ok=True)
