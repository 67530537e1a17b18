"""PostgreSQL connections that give up on a server that does not answer."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, exc, text

from hotroute.database import engines, postgres_timeouts
from tests.databases import driver

SLEEP = text("SELECT pg_sleep(60)")


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[Engine]:
    made = create_engine(driver(postgresql_url), pool_size=1, max_overflow=0, pool_timeout=5)
    postgres_timeouts.listen(made, idle=5, busy=0.5)
    yield made
    made.dispose()


def test_a_statement_that_is_not_answered_is_given_up(engine: Engine) -> None:
    with (
        pytest.raises(exc.OperationalError, match=r"did not answer within 0\.5 s") as raised,
        engine.connect() as asking,
    ):
        asking.execute(SLEEP)
    assert raised.value.connection_invalidated
    with engine.connect() as next_one:
        assert next_one.scalar(text("SELECT 1")) == 1


def test_what_the_server_says_itself_leaves_the_connection_open(engine: Engine) -> None:
    with engine.connect() as asking:
        with pytest.raises(exc.OperationalError, match="canceling statement") as raised:
            asking.execute(text("SET statement_timeout = 50; SELECT pg_sleep(60)"))
        assert not raised.value.connection_invalidated
        asking.rollback()
        assert asking.scalar(text("SELECT 1")) == 1


def test_connections_that_were_closed_are_replaced_all_at_once(postgresql_url: str) -> None:
    engine = create_engine(**engines.options(driver(postgresql_url), pool_size=3, timeout=5))
    engines.prepare(engine)
    held = [engine.connect() for _ in range(3)]
    for connection in held:
        connection.execute(text("SELECT 1"))
        connection.close()
    with psycopg.connect(postgresql_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    asked = [engine.connect() for _ in range(3)]
    assert [connection.scalar(text("SELECT 1")) for connection in asked] == [1, 1, 1]
    for connection in asked:
        connection.close()
    engine.dispose()


def test_without_a_limit_a_statement_may_take_as_long_as_it_likes(postgresql_url: str) -> None:
    engine = create_engine(driver(postgresql_url))
    engines.prepare(engine)
    with engine.connect() as asking:
        asking.execute(text("SELECT pg_sleep(0.3)"))
    engine.dispose()
