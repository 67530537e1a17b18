"""A Redis that has just started counts at once if the database says that nobody is about to commit."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import Engine, create_engine, insert, select

from hotroute.cache.cli import explain
from hotroute.cache.redis_client.client import RedisClient, Unreachable
from hotroute.cache.store.base import IDENTITY, FillRequest, LookupState
from hotroute.cache.store.redis import RedisStore
from hotroute.cache.tracking import early_trust
from hotroute.cli import cli
from hotroute.database import engines
from tests.cache.shop import Base, Label
from tests.databases import driver
from tests.servers import free_port

MARK_TTL = 600.0
"""Seconds, which no test waits for."""


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(**engines.options(driver(database_url), pool_size=2, timeout=0.2))
    engines.prepare(made)
    Base.metadata.create_all(made)
    yield made
    Base.metadata.drop_all(made)
    made.dispose()


@pytest.fixture
def store(redis_url: str) -> Iterator[RedisStore]:
    """On a server that nobody has asked under this name: one that has just started."""
    made = young(redis_url)
    yield made
    made.link.pool.disconnect()


def young(url: str) -> RedisStore:
    return RedisStore(RedisClient(url, timeout=5), f"test:{secrets.token_hex(4)}:", mark_ttl=MARK_TTL)


def is_trusted(store: RedisStore) -> bool:
    asked = FillRequest("key", ("labels",), (IDENTITY,), secrets.token_hex(4))
    return store.look(asked).state is not LookupState.INVALIDATING


def test_a_young_server_is_trusted_at_once_where_nobody_writes(store: RedisStore, engine: Engine) -> None:
    assert not is_trusted(store)
    assert early_trust.trust(store, [engine])
    assert is_trusted(store)
    assert early_trust.trust(store, [engine])


def test_who_only_reads_is_no_writer(store: RedisStore, engine: Engine) -> None:
    with engine.connect() as connection:
        connection.execute(select(Label)).all()
        assert early_trust.trust(store, [engine], patience=5)


def test_it_is_not_trusted_while_a_transaction_that_has_written_is_open(store: RedisStore, engine: Engine) -> None:
    """The mark of which may be lost with the server of before."""
    with engine.connect() as connection:
        connection.execute(insert(Label).values(name="late"))
        assert not early_trust.trust(store, [engine], patience=0)
        assert not is_trusted(store)
        connection.commit()
    assert early_trust.trust(store, [engine])


def test_each_of_several_databases_is_asked(store: RedisStore, engine: Engine, tmp_path: Path) -> None:
    idle = create_engine(f"sqlite:///{tmp_path / 'idle.db'}")
    with engine.connect() as connection:
        connection.execute(insert(Label).values(name="late"))
        for asked in ([idle, engine], [engine, idle]):
            assert not early_trust.trust(store, asked, patience=0)
    assert early_trust.trust(store, [idle, engine], patience=5)
    idle.dispose()


def test_a_server_that_has_lost_a_mark_since_it_was_met_is_not_trusted(store: RedisStore) -> None:
    met = early_trust.meet(store)
    store.link.call("SET", f"{store.namespace}d:labels", "damaged")
    store.repair([], ["labels"])
    assert not is_trusted(store)
    assert not early_trust.confirm(store, met)
    assert not is_trusted(store)


def test_another_run_than_the_one_that_was_met_is_not_trusted(store: RedisStore, redis_url: str) -> None:
    met, other = early_trust.meet(store), young(redis_url)
    assert not is_trusted(other)
    assert not early_trust.confirm(other, met)
    assert not is_trusted(other)
    other.link.pool.disconnect()


def test_two_that_meet_at_once_are_told_apart(store: RedisStore) -> None:
    first, second = early_trust.meet(store), early_trust.meet(store)
    assert first != second
    assert not early_trust.confirm(store, first)
    assert early_trust.confirm(store, second)


def test_a_database_that_cannot_be_asked_is_no_proof(store: RedisStore, tmp_path: Path) -> None:
    away = create_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing")
    assert not early_trust.trust(store, [away])
    read_only = create_engine(f"sqlite:///file:{tmp_path}/none.db?mode=ro&uri=true")
    assert not early_trust.trust(store, [read_only])
    assert not is_trusted(store)


def test_a_redis_that_is_away_is_told() -> None:
    with pytest.raises(Unreachable):
        early_trust.trust(RedisStore(RedisClient(f"redis://127.0.0.1:{free_port()}/0", timeout=1)), [])


def test_a_command_says_it_after_a_full_restart(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    store, application = app.extensions["hotroute.store"], app.extensions["hotroute.application"]
    monkeypatch.setattr(explain, "load", lambda _app: app)
    monkeypatch.setattr(store, "namespace", f"test:{secrets.token_hex(4)}:")
    monkeypatch.setattr(store, "mark_ttl", MARK_TTL)
    assert not is_trusted(store)
    monkeypatch.setattr(early_trust, "PATIENCE", 0)
    with application.engines[0].connect() as connection:
        connection.exec_driver_sql("CREATE TABLE late (id int)")
        refused = CliRunner().invoke(cli, ["trust", "--app", "wsgi:app"])
        connection.rollback()
    assert refused.exit_code == 1
    assert "a transaction that has written may be open" in refused.output
    told = CliRunner().invoke(cli, ["trust", "--app", "wsgi:app"])
    assert told.output == "trusted: hot routes are served and stored from now on\n"
    assert is_trusted(store)
