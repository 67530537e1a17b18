"""Writing without Redis, with real databases and a real server: nobody gets an old answer, and the cache comes back."""

import secrets
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, insert, select, text

from hotroute.cache.redis_client.client import RedisClient, Unreachable
from hotroute.cache.store.base import IDENTITY, Entry, FillRequest, LookupResult, LookupState
from hotroute.cache.store.redis import RedisStore
from hotroute.cache.tracking.outage_fence import Fence, channel, clock, rows
from hotroute.cache.tracking.writes import WriteTracker
from hotroute.database import engines
from tests.cache.model.players import OnRedis
from tests.cache.shop import Base, Label
from tests.databases import driver
from tests.servers import free_port, wait_until

LIFE, HOLDS = 0.4, 2.0
"""Seconds."""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = make_engine(database_url)
    Base.metadata.create_all(made)
    yield made
    Base.metadata.drop_all(made)
    beside = channel(made)
    rows.drop(beside, checkfirst=True)
    beside.dispose()
    made.dispose()


def make_engine(url: str) -> Engine:
    made = create_engine(**engines.options(driver(url), pool_size=2, timeout=5))
    engines.prepare(made)
    return made


@pytest.fixture
def on(redis_url: str) -> Iterator[OnRedis]:
    stage = OnRedis(redis_url)
    yield stage
    stage.close()


@pytest.fixture
def fence(engine: Engine, on: OnRedis) -> Iterator[Fence]:
    """Of a worker that reaches Redis; it renews when it is told to."""
    made = Fence(engine, on.store, LIFE, HOLDS)
    made.create()
    yield made
    made.stop()


@pytest.fixture
def cut_off(engine: Engine, on: OnRedis, database_url: str) -> Iterator[Callable[[], tuple[Engine, Fence]]]:
    """Workers whose Redis does not answer, each with an engine of its own."""
    made: list[tuple[Engine, Fence]] = []

    def worker() -> tuple[Engine, Fence]:
        mine = make_engine(database_url)
        lost = RedisStore(RedisClient(f"redis://127.0.0.1:{free_port()}/0", timeout=0.2), on.space)
        fence = Fence(mine, lost, LIFE, HOLDS)
        WriteTracker(lost, fence).attach(mine)
        made.append((mine, fence))
        return mine, fence

    yield worker
    for mine, fence in made:
        fence.stop()
        mine.dispose()


def look(on: OnRedis) -> LookupResult:
    return on.store.look(FillRequest("labels", (Label.__tablename__,), (IDENTITY,), secrets.token_hex(4)))


def store_answer(on: OnRedis) -> None:
    answer = look(on)
    assert answer.flight
    assert on.store.save(answer.flight, [Label.__tablename__], Entry(b"{}", b"old"), [], 60)


def write(engine: Engine, name: str) -> None:
    with engine.execution_options(**engines.WRITES).begin() as connection:
        connection.execute(insert(Label).values(name=name))


def count(engine: Engine) -> int:
    with engine.connect() as connection:
        return len(connection.execute(select(Label.id)).all())


def test_without_a_fence_nobody_hits_or_stores(fence: Fence, on: OnRedis) -> None:
    assert look(on).state is LookupState.INVALIDATING
    assert fence.renew()
    store_answer(on)
    assert look(on).state is LookupState.HIT
    wait_until(lambda: look(on).state is LookupState.INVALIDATING, "the fence falls when nobody renews it")
    assert fence.renew()
    assert look(on).state is LookupState.HIT


def test_a_write_without_redis_is_committed_after_the_fence_fell(
    engine: Engine, fence: Fence, on: OnRedis, cut_off: Callable[[], tuple[Engine, Fence]]
) -> None:
    writer, _ = cut_off()
    fence.renew()
    store_answer(on)
    states: list[LookupState] = []
    thread = threading.Thread(target=write, args=(writer, "unmarked"))
    thread.start()
    while not (count(engine) and states and states[-1] is not LookupState.HIT):
        fence.renew()
        before = count(engine)
        state = look(on).state
        states.append(state)
        assert not (state is LookupState.HIT and before), "a hit after the commit"
    thread.join()
    assert look(on).state is LookupState.INVALIDATING
    wait_until(fence.renew, "whoever reaches Redis removes the row, when nobody commits under it any more")
    assert look(on).state is LookupState.LEAD, "and what was stored before counts no more"


def test_later_writes_need_not_wait_while_the_row_stands(
    engine: Engine, fence: Fence, cut_off: Callable[[], tuple[Engine, Fence]], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("hotroute.cache.tracking.outage_fence.sleep", waited.append)
    first, other = cut_off()[0], cut_off()[0]
    for writer, name in ((first, "waits"), (first, "does not"), (other, "nor does another process")):
        write(writer, name)
    assert len(waited) == 1
    assert waited[0] > LIFE
    assert count(engine) == 3
    with fence.channel.connect() as connection:
        assert connection.execute(select(rows.c.waited)).scalars().all() == [True, True], "each has a row of its own"


def test_without_either_nothing_is_committed(engine: Engine, cut_off: Callable[[], tuple[Engine, Fence]]) -> None:
    writer, closed = cut_off()
    closed.create()
    rows.drop(closed.channel)
    with pytest.raises(Unreachable):
        write(writer, "no")
    assert count(engine) == 0


def test_what_was_seen_before_a_row_stood_does_not_raise_the_fence_after_the_wait(
    fence: Fence, on: OnRedis, cut_off: Callable[[], tuple[Engine, Fence]]
) -> None:
    began, run = fence.ask("", 0)
    writer, _ = cut_off()
    write(writer, "unmarked")
    assert not fence.ask(run, began)[0]
    assert look(on).state is LookupState.INVALIDATING


def test_who_saw_no_rows_too_long_ago_does_not_say_that_the_fence_lives(
    fence: Fence, on: OnRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process stood still between Redis's time and the end."""
    began, run = fence.ask("", 0)
    asked = fence.ask

    def late(of: str, time: int) -> tuple[int, str]:
        return asked(of, time) if of else (began - round(LIFE * 1000), run)

    monkeypatch.setattr(fence, "ask", late)
    assert not fence.renew()
    assert look(on).state is LookupState.INVALIDATING


def test_redis_is_asked_for_its_time_before_the_rows_are_looked_at(
    fence: Fence, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    asked = fence.ask

    def ask(run: str, began: int) -> tuple[int, str]:
        order.append("set" if run else "time")
        return asked(run, began)

    def look_at(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        order.extend(["rows"] if "FROM hotroute_fence" in statement else [])

    monkeypatch.setattr(fence, "ask", ask)
    event.listen(fence.channel, "before_cursor_execute", look_at)
    assert fence.renew()
    assert order == ["time", "rows", "set"]


def test_the_time_of_another_run_raises_no_fence(fence: Fence, on: OnRedis) -> None:
    began, _run = fence.ask("", 0)
    assert not fence.ask("another", began)[0]
    assert look(on).state is LookupState.INVALIDATING


def test_an_older_time_does_not_shorten_the_life_of_the_fence(fence: Fence, on: OnRedis) -> None:
    began, run = fence.ask("", 0)
    fence.ask(run, began)
    life = on.client.pexpiretime(f"{on.space}fence")
    fence.ask(run, began - 100)
    assert on.client.pexpiretime(f"{on.space}fence") == life


def test_a_row_that_holds_again_is_not_removed(
    fence: Fence, on: OnRedis, cut_off: Callable[[], tuple[Engine, Fence]], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, closed = cut_off()
    write(writer, "first")
    closed.until = 0.0  # so that it is held again by the next write
    with fence.channel.connect() as connection:
        wait_until(
            lambda: not connection.execute(select(rows).where(rows.c.until > clock(connection))).all(), "it is over"
        )
    done = on.store.done

    def meanwhile(tags: list[str], token: str, *, leave: bool = False) -> None:
        done(tags, token, leave=leave)
        write(writer, "second")

    monkeypatch.setattr(on.store, "done", meanwhile)
    fence.expire_rows()
    assert not fence.renew(), "the row stands"


def test_one_who_waited_too_long_does_not_speak_for_a_new_row(
    cut_off: Callable[[], tuple[Engine, Fence]], fence: Fence
) -> None:
    _, closed = cut_off()
    old = closed.upsert_row()
    with closed.channel.execution_options(**engines.WRITES).begin() as connection:
        connection.execute(rows.delete())
    closed.until = 0
    assert closed.upsert_row() != old
    with pytest.raises(Unreachable):
        closed.note_waited(old)


def test_a_worker_renews_by_itself_and_ends(engine: Engine, on: OnRedis) -> None:
    fence = Fence(engine, on.store, LIFE, HOLDS)
    fence.start()
    wait_until(lambda: look(on).state is not LookupState.INVALIDATING, "the thread renews the fence")
    fence.stop()
    assert fence.thread
    assert not fence.thread.is_alive()


@pytest.mark.only("sqlite")
def test_a_business_transaction_that_holds_sqlites_lock_does_not_hold_up_the_row(
    engine: Engine, fence: Fence, tmp_path: Path
) -> None:
    with engine.execution_options(**engines.WRITES).begin() as connection:
        connection.execute(insert(Label).values(name="held"))
        assert fence.engage() > monotonic()


@pytest.mark.only("postgresql")
def test_the_fence_waits_until_the_engine_is_set_up(engine: Engine, database_url: str, on: OnRedis) -> None:
    """In the first moments of a worker, when its first requests come too."""
    fresh = make_engine(database_url)
    made = Fence(fresh, on.store, LIFE, HOLDS)
    setting_up: list[Connection] = []
    event.listen(fresh, "engine_connect", setting_up.append)
    with made.channel.connect():
        assert len(setting_up) == 1
        assert fresh.dialect.default_isolation_level == "READ COMMITTED"
    made.stop()
    fresh.dispose()


def test_a_database_in_memory_has_no_second_channel(on: OnRedis) -> None:
    alone = create_engine("sqlite://")
    with alone.connect() as connection:
        connection.execute(text("SELECT 1"))
    with pytest.raises(ValueError, match="MemoryStore"):
        Fence(alone, on.store)
    alone.dispose()
