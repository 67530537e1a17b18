"""Writing while Redis cannot be reached: the database says that the cache is off (docs/cache-model.md, "The fence")."""

import logging
import secrets
from contextlib import suppress
from threading import Event, Lock, Thread
from time import monotonic, sleep, time

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    extract,
    false,
    func,
    insert,
    select,
    true,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateTable

from hotroute.cache.redis_client.client import Script, Unreachable
from hotroute.cache.store.base import EPOCH
from hotroute.cache.store.redis import RedisStore
from hotroute.database import engines
from hotroute.fork_safety import reset_in_children
from hotroute.serving import after_fork

log = logging.getLogger(__name__)

FENCE = Script("fence")
LIFE = 2.0
"""Seconds that the fence lives after a worker saw that there are no rows."""

rows = Table(
    "hotroute_fence",
    MetaData(),
    Column("process", String(32), primary_key=True),
    Column("until", BigInteger, nullable=False, comment="milliseconds of the database's clock"),
    Column("waited", Boolean, nullable=False),
)
"""A row for each process that may commit what Redis was not told of; nobody hits or stores while there is one."""


class Fence:
    """Reads hit and store only while a key of Redis lives that workers renew as long as `rows` is empty.

    Args:
        engine: of the business transactions. The rows are in another file beside SQLite's, whose only write lock the
            writer holds; on PostgreSQL in a table of the same database, on connections of their own.
        store: whose reads ask for the fence from here on.
        life: seconds; the first write without Redis waits for as long.
        holds: seconds for which a row allows to commit; then whoever reaches Redis removes it.
    """

    def __init__(self, engine: Engine, store: RedisStore, life: float = LIFE, holds: float = 15.0) -> None:
        self.engine, self.beside = engine, channel(engine)
        self.store, self.life, self.holds = store, life, holds
        store.fence = (f"{store.namespace}fence",)
        self.reset_after_fork()
        reset_in_children(self)

    def reset_after_fork(self) -> None:
        """Begin without a row: the parent's allows the parent alone to commit."""
        self.lock, self.starting, self.stopped = Lock(), Lock(), Event()
        self.process, self.until, self.closed = "", 0.0, "?"
        self.created, self.readable = False, True
        self.thread: Thread | None = None

    @property
    def channel(self) -> Engine:
        """See the function of that name.

        Both engines have one dialect, which the first connection of either sets up. Only those of the engine's own pool
        wait for that; with a dialect that is half set up a request's connection cannot be given back.
        """
        shared = self.engine.dialect is self.beside.dialect
        if shared and not hasattr(self.engine.dialect, "default_isolation_level"):
            with self.engine.connect():
                pass
        return self.beside

    def create(self) -> None:
        """The table of the rows, if it is not there: it is no migration's, for on SQLite it is in another file."""
        if self.created:
            return
        with suppress(SQLAlchemyError), self.channel.begin() as connection:
            connection.execute(CreateTable(rows, if_not_exists=True))
        with self.channel.connect() as connection:
            connection.execute(select(rows.c.process).limit(1))
        self.created = True

    def install(self) -> None:
        """Start in each of Gunicorn's workers, and in any other process with the first question that finds no fence."""
        after_fork(self.start)
        self.store.on_missing = self.start

    def start(self) -> None:
        """Renew the fence from this process; as often as you like, a thread does not survive a fork."""
        with self.starting:
            if self.thread is None or not self.thread.is_alive():
                self.thread = Thread(target=self.run, name="hotroute-fence", daemon=True)
                self.thread.start()

    def stop(self) -> None:
        self.stopped.set()
        if self.thread:
            self.thread.join()
        self.beside.dispose()

    def run(self) -> None:
        while True:
            try:
                self.create()
                self.renew()
                self.readable = True
            except Unreachable:
                pass
            except SQLAlchemyError:
                if self.readable:
                    log.warning("the cache is off: the fence's table cannot be read", exc_info=True)
                self.readable = False
            if self.stopped.wait(self.life / 4):
                return

    # Who reaches Redis

    def renew(self) -> bool:
        """Whether the fence lives, from a time before the rows were looked at.

        Raises:
            Unreachable: Redis cannot be asked.
            SQLAlchemyError: the rows cannot be looked at.
        """
        began, run = self.ask("", 0)
        with self.channel.connect() as connection:
            found = connection.execute(select(rows.c.process).limit(1)).first()
        if found:
            self.expire_rows()
            return False
        return bool(self.ask(run, began)[0])

    def ask(self, run: str, began: int) -> tuple[int, str]:
        """Redis's time and run id; given both of before, whether the fence lives."""
        answer = self.store.link.run(FENCE, list(self.store.fence), run, "{run}", began, round(self.life * 1000))
        return (int(answer[0]), answer[1].decode()) if isinstance(answer, list) else (answer, run)

    def expire_rows(self) -> None:
        """Delete the rows under which nobody commits any more, after all that was stored before counts no more."""
        with self.channel.connect() as connection:
            expired = connection.execute(select(rows).where(rows.c.until <= clock(connection))).all()
        if not expired:
            return
        self.store.done([EPOCH], "fence")
        with self.channel.execution_options(**engines.WRITES).begin() as connection:
            for row in expired:
                # Not one that holds again.
                connection.execute(delete(rows).where(rows.c.process == row.process, rows.c.until == row.until))

    # Who does not

    def engage(self) -> float:
        """Wait until no read hits or stores, unless somebody has whose row still stands.

        Returns:
            Seconds of `time.monotonic`: commit before then.

        Raises:
            Unreachable: the rows cannot be written either.
        """
        try:
            with self.lock:
                process, until = self.upsert_row(), self.until
            if process != self.closed:
                if not self.is_engaged():
                    sleep(self.life * 1.1)
                self.note_waited(process)
                self.closed = process
        except SQLAlchemyError as reason:
            raise Unreachable(f"neither Redis nor the fence's table: {type(reason).__name__}") from reason
        return until

    def upsert_row(self) -> str:
        """This process's row is there, and holds until `until`; gives its name."""
        began = monotonic()
        if self.until - began > self.holds / 2:
            return self.process
        self.create()
        with self.channel.execution_options(**engines.WRITES).begin() as connection:
            until = clock(connection) + round(self.holds * 1000)
            mine = update(rows).where(rows.c.process == self.process).values(until=until)
            if not connection.execute(mine).rowcount:
                # Another than any before: one who waited while that stood may say so of that only.
                self.process = secrets.token_hex(16)
                connection.execute(insert(rows).values(process=self.process, until=until, waited=false()))
        self.until = began + self.holds * 0.9
        return self.process

    def is_engaged(self) -> bool:
        """Whether there is a row of one who has waited; asked when one's own is there, so that there always is one."""
        with self.channel.connect() as connection:
            return connection.execute(select(rows.c.process).where(rows.c.waited).limit(1)).first() is not None

    def note_waited(self, process: str) -> None:
        with self.channel.execution_options(**engines.WRITES).begin() as connection:
            mine = update(rows).where(rows.c.process == process).values(waited=true())
            if not connection.execute(mine).rowcount:
                raise Unreachable("the fence was opened again before the transaction could commit")


def channel(engine: Engine) -> Engine:
    """An engine that commits beside the transactions of `engine`.

    Raises:
        ValueError: it is a SQLite database in memory, which only one process has.
    """
    if engine.dialect.name != "sqlite":
        return Engine(engine.pool.recreate(), engine.dialect, engine.url, hide_parameters=True)
    if engine.url.database in (None, "", ":memory:"):
        raise ValueError("a SQLite database in memory has no second channel, and needs none: use MemoryStore")
    beside = engine.url.set(database=f"{engine.url.database}-fence")
    made = create_engine(beside, connect_args={"timeout": 2.0})
    engines.prepare(made)
    return made


def clock(connection: Connection) -> int:
    """Milliseconds; of the database's clock, which all its writers share."""
    if connection.dialect.name == "sqlite":
        return round(time() * 1000)
    return round(float(connection.execute(select(extract("epoch", func.clock_timestamp()))).scalar_one()) * 1000)
