"""PostgreSQL behind a pooler that lends a connection for one transaction, as PgBouncer does by `pool_mode=transaction`.

The next transaction on a connection may be another client's: no option, prepared statement or SET outlives its own.
`?pooler=transaction` in a URL says so, and suits a pooler that lends for a session too.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, Connection, Engine, event, func, make_url, select

PARAMETER = "pooler"
MODE = "transaction"
THRESHOLD = "prepare_threshold"
UNSUPPORTED = "unsupported startup parameter"
ADVICE = "a pooler such as PgBouncer takes none: add ?pooler=transaction to the URL"
ZONE = "SET TIME ZONE 'UTC'"
"""The one session setting that PgBouncer follows, and gives to whichever connection it lends."""


def is_used(url: URL) -> bool:
    return PARAMETER in url.query


def check(url: str) -> None:
    """Refuse what the URL's query says in other words than ours.

    Raises:
        ValueError: naming the parameter and what to write.
    """
    parsed = make_url(url)
    mode = parsed.query.get(PARAMETER, MODE)
    if mode != MODE:
        raise ValueError(f"{PARAMETER}={mode} is not known: say {PARAMETER}={MODE}, or leave it out without a pooler")
    if is_used(parsed) and parsed.get_backend_name() not in {"postgresql", "postgres"}:
        raise ValueError(f"{PARAMETER}={MODE} is for PostgreSQL only: leave it out")
    threshold = parsed.query.get(THRESHOLD, "0")
    if not (isinstance(threshold, str) and (threshold.isdecimal() or threshold == "none")):
        raise ValueError(f"{THRESHOLD}={threshold} is no number: say how many executions, or none to prepare nothing")


def driver_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a connection's options as psycopg takes them: of a URL's query, all values are strings."""
    chosen = dict(options)
    if chosen.pop(PARAMETER, None):
        chosen[THRESHOLD] = None
    elif THRESHOLD in chosen:
        given = chosen[THRESHOLD]
        chosen[THRESHOLD] = None if given in {None, "none"} else int(given)
    return chosen


def set_in_each_transaction(engine: Engine, settings: Mapping[str, object]) -> None:
    """Give every transaction of the engine the settings, which end with it.

    A statement that commits by itself has none: what the role or the pooler's `connect_query` sets counts there.
    """
    chosen = select(*(func.set_config(name, str(value), True) for name, value in settings.items()))

    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        if not driver.autocommit:
            connection.execute(chosen)

    event.listen(engine, "begin", begin)
