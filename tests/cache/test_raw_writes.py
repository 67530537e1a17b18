"""An existing application with SQL text that writes can choose to have every cached response made anew."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from hotroute import cache
from hotroute.cache.store.memory import MemoryStore
from hotroute.cache.tracking.writes import UncachedWriteError
from hotroute.testing.database import sqlite
from tests.cache.twenty_lines import make, metadata

WRITE = text("UPDATE notes SET text = 'a secret' WHERE id = 1")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with sqlite(tmp_path) as made:
        yield made


def test_everything_is_made_anew_and_the_statement_is_named(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    app = make(engine)
    cache.init_app(app, MemoryStore(), cache.CacheOptions((engine,), (metadata,), raw_writes="invalidate"))
    client = app.test_client()
    client.put("/notes/1", json={"text": "old"})
    client.get("/notes/1")
    assert "hit" in client.get("/notes/1").headers["Cache-Status"]
    with caplog.at_level(logging.WARNING), engine.begin() as connection:
        connection.execute(WRITE)
    assert client.get("/notes/1").json == {"text": "a secret"}
    assert "UPDATE notes SET text =" in caplog.text
    assert "a secret" not in caplog.text


def test_one_that_has_not_chosen_refuses_the_commit(engine: Engine) -> None:
    app = make(engine)
    cache.init_app(app, MemoryStore(), cache.CacheOptions((engine,), (metadata,)))
    with pytest.raises(UncachedWriteError), engine.begin() as connection:
        connection.execute(WRITE)


def test_a_url_is_no_store_and_its_password_is_not_repeated(engine: Engine) -> None:
    app = make(engine)
    with pytest.raises(ValueError, match=r"a str and no store: give .*RedisStore\(Link") as refused:
        cache.init_app(app, "redis://:secret@host/0", cache.CacheOptions((engine,), (metadata,)))  # type: ignore[arg-type]
    assert "secret" not in str(refused.value)
