"""A child drops connections, locks and threads that it has inherited, and the parent keeps its own."""

import os
from collections.abc import Callable, Iterator
from traceback import print_exc

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from hotroute import instrumentation
from hotroute.cache.store.lease_renewal import Leases
from hotroute.cache.store.memory import MemoryStore
from hotroute.profiler.dashboard.login_throttle import LoginThrottle
from tests.databases import driver

SESSION_OF_SERVER = text("SELECT pg_backend_pid()")


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[Engine]:
    made = create_engine(driver(postgresql_url))
    yield made
    made.dispose()


def succeeds_in_child(check: Callable[[], None]) -> bool:
    """Run `check` in a forked process, which a lock that is never released ends after a while."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            check()
            status = 0
        except BaseException:
            print_exc()
        os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def test_a_session_that_is_open_at_the_fork_stays_the_parents(engine: Engine) -> None:
    session = Session(engine)
    parents = session.scalar(SESSION_OF_SERVER)

    def check() -> None:
        with pytest.raises(StatementError, match="before the fork"):
            session.scalar(SESSION_OF_SERVER)
        session.rollback()
        assert session.scalar(SESSION_OF_SERVER) != parents
        session.close()

    assert succeeds_in_child(check)
    # In the same transaction: nobody has ended it.
    assert session.in_transaction()
    assert session.scalar(SESSION_OF_SERVER) == parents
    session.close()


def test_a_connection_that_is_open_at_the_fork_recovers_after_a_rollback(engine: Engine) -> None:
    with engine.connect() as connection:
        parents = connection.scalar(SESSION_OF_SERVER)

        def check() -> None:
            with pytest.raises(StatementError, match="before the fork"):
                connection.scalar(SESSION_OF_SERVER)
            connection.rollback()
            assert connection.scalar(SESSION_OF_SERVER) != parents

        assert succeeds_in_child(check)
        assert connection.scalar(SESSION_OF_SERVER) == parents


def test_a_database_in_memory_is_copied_as_ever() -> None:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE things (id INTEGER)"))

    def check() -> None:
        with engine.connect() as connection:
            assert connection.scalar(select(text("count(*)")).select_from(text("things"))) == 0

    assert succeeds_in_child(check)


@pytest.mark.parametrize("make", [MemoryStore, LoginThrottle, lambda: Leases(MemoryStore())])
def test_a_lock_that_is_held_at_the_fork_is_free_in_the_child(make: Callable[[], MemoryStore]) -> None:
    each = make()

    def check() -> None:
        assert each.lock.acquire(blocking=False)

    with each.lock:
        assert succeeds_in_child(check)


def test_counting_goes_on_in_the_child() -> None:
    def check() -> None:
        assert instrumentation.lock.acquire(blocking=False)

    with instrumentation.lock:
        assert succeeds_in_child(check)
