"""Engines behind PgBouncer, whose clients share fewer connections than they are."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, exc, text

from hotroute.database import engines
from tests.databases import driver
from tests.pgbouncers import pgbouncer_server, pooled

CLIENTS = 12
LIMITS = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")


def make(url: str, timeout: float = 5, pool_size: int = CLIENTS) -> Engine:
    engine = create_engine(**engines.options(driver(url), pool_size=pool_size, timeout=timeout))
    engines.prepare(engine, timeout)
    return engine


@pytest.fixture
def pgbouncer_of_two(postgresql_url: str) -> Iterator[str]:
    with pgbouncer_server(postgresql_url, size=2) as url:
        yield url


@pytest.fixture
def engine(pgbouncer_of_two: str) -> Iterator[Engine]:
    made = make(pooled(pgbouncer_of_two))
    yield made
    made.dispose()


def shown(connection: Connection, names: tuple[str, ...] = LIMITS) -> list[str]:
    return [connection.execute(text(f"SHOW {name}")).scalar_one() for name in names]


def test_a_url_that_does_not_speak_of_the_pooler_is_told_what_to_add(pgbouncer_of_two: str) -> None:
    engine = make(pgbouncer_of_two)
    with pytest.raises(exc.OperationalError, match=r"add \?pooler=transaction to the URL"):
        engine.connect()


def test_a_transaction_has_its_limits_and_leaves_none(engine: Engine, postgresql_url: str) -> None:
    with engine.connect() as connection:
        assert shown(connection) == ["5s", "20s", "20s"]
    with engines.reader(engine).connect() as connection:
        assert shown(connection) == ["0", "0", "0"]


def test_every_client_has_its_time_zone(engine: Engine, postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url, autocommit=True) as admin:
        admin.execute("ALTER ROLE postgres SET timezone = 'Asia/Tokyo'")
        try:
            with engine.connect() as one, engines.reader(engine).connect() as other:
                assert shown(one, ("timezone",)) + shown(other, ("timezone",)) == ["UTC", "UTC"]
        finally:
            admin.execute("ALTER ROLE postgres RESET timezone")


def test_a_lock_that_is_not_given_ends_the_transaction(engine: Engine, pgbouncer_of_two: str) -> None:
    hurried = make(pooled(pgbouncer_of_two), timeout=0.2)
    with engine.connect() as holder, hurried.connect() as waiting:
        holder.execute(text("SELECT pg_advisory_xact_lock(1)"))
        with pytest.raises(exc.OperationalError, match="lock timeout"):
            waiting.execute(text("SELECT pg_advisory_xact_lock(1)"))
    hurried.dispose()


def test_a_pooler_without_a_free_connection_is_given_up(engine: Engine, pgbouncer_of_two: str) -> None:
    hurried = make(pooled(pgbouncer_of_two), timeout=0.5)
    # One that it opened before: it is another wait than that for a connection.
    hurried.connect().close()
    with engine.connect() as one, engine.connect() as other:
        one.execute(text("SELECT 1"))
        other.execute(text("SELECT 1"))
        with pytest.raises(exc.OperationalError, match=r"did not answer within 0\.5 s"):
            hurried.connect()
    hurried.dispose()


def test_many_clients_repeat_their_statements_on_shared_connections(engine: Engine) -> None:
    everybody = Barrier(CLIENTS)

    def repeat(number: int) -> list[int]:
        everybody.wait()
        answers = []
        for _ in range(10):
            with engine.begin() as connection:
                statement = text("SELECT CAST(:number AS INTEGER)")
                answers.append(connection.execute(statement, {"number": number}).scalar_one())
            with engines.reader(engine).connect() as connection:
                answers.append(connection.execute(statement, {"number": number}).scalar_one())
        return answers

    with ThreadPoolExecutor(CLIENTS) as pool:
        assert list(pool.map(repeat, range(CLIENTS))) == [[number] * 20 for number in range(CLIENTS)]


@pytest.mark.parametrize(("threshold", "expected"), [("0", 1), ("none", 0)])
def test_a_url_may_say_when_statements_are_prepared(postgresql_url: str, threshold: str, expected: int) -> None:
    engine = make(f"{postgresql_url}&prepare_threshold={threshold}", pool_size=1)
    with engine.connect() as connection:
        connection.execute(text("SELECT 70"))
        names = connection.execute(text("SELECT count(*) FROM pg_prepared_statements WHERE statement = 'SELECT 70'"))
        assert names.scalar_one() == expected
    engine.dispose()
