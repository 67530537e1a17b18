"""PostgreSQL connections that give up on a server that has stopped answering, for which libpq waits without an end.

A server that is stopped, or a host that swallows packets after it has acknowledged them, is neither refused nor reset:
`tcp_user_timeout` sees only what was not acknowledged, and `statement_timeout` needs a server that is awake.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError

from hotroute.database import pooler
from hotroute.extras import extra

with extra("postgresql"):
    import psycopg
    from psycopg.abc import RV, PQGen
    from psycopg.pq import TransactionStatus

INTERVAL = 0.1
"""Seconds after which psycopg looks up from waiting, by its own default."""


class Silent(psycopg.OperationalError):
    """The server did not answer in time; whether it did what it was asked is not known."""


class Connection(psycopg.Connection[Any]):
    """
    Attributes:
        patience: seconds for which an answer is waited for; None where there is no end.
    """

    patience: float | None = None

    def wait(self, gen: PQGen[RV], interval: float = INTERVAL, timeout: float | None = None) -> RV:
        """Psycopg's, which everything that asks the server goes through; it closes the connection when it gives up.

        Raises:
            Silent: nothing came within `patience`.
        """
        if timeout is not None or self.patience is None:
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, self.patience)
        except psycopg.OperationalError:
            # After an error that the server told, it is not at work any more.
            if self.pgconn.transaction_status != TransactionStatus.ACTIVE:
                raise
            self.pgconn.finish()
        raise Silent(f"the server did not answer within {self.patience:g} s")


def listen(engine: Engine, *, idle: float | None, busy: float | None) -> None:
    """Have an engine's connections give up, where there is a limit, and those that are closed be replaced.

    In place of `pool_pre_ping`, which would connect to a silent server again, and wait again, in the same request.

    Args:
        idle: seconds that a connection which was idle may take to show that it is alive.
        busy: seconds that a statement may take.
    """

    def connect(_dialect: Any, _record: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> Connection:
        return open_connection(arguments, options, idle)

    def ping(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.patience = idle
        try:
            engine.dialect.do_ping(connection)
        except Silent:
            raise
        except psycopg.Error:
            raise InvalidatePoolError from None
        connection.patience = busy

    listeners: dict[str, Callable[..., Any]] = {"do_connect": connect, "checkout": ping}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)


def open_connection(arguments: tuple[Any, ...], options: dict[str, Any], patience: float | None) -> Connection:
    """Connect, to a pooler where the options say so.

    Raises:
        psycopg.OperationalError: it could not; where a pooler that nobody spoke of is why, the message says so.
    """
    try:
        made = Connection.connect(*arguments, **pooler.driver_options(options))
    except psycopg.OperationalError as refused:
        if pooler.UNSUPPORTED not in str(refused):
            raise
        raise psycopg.OperationalError(f"{refused}; {pooler.ADVICE}") from None
    made.patience = patience
    if pooler.PARAMETER in options:
        made.execute(pooler.ZONE)
        made.commit()
    return made
