"""Hot routes of a small application, over WSGI."""

import secrets
import threading
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.pool import NullPool

from hotroute import cache
from hotroute.cache import MemoryStore, RedisClient, RedisStore, hot
from hotroute.cache.store.base import FillRequest, LookupResult, Store
from tests.cache.twenty_lines import make, metadata, notes

MARK_TTL = 0.4


@pytest.fixture(params=["redis", "memory"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore(mark_ttl=MARK_TTL)
        return
    link = RedisClient(request.getfixturevalue("redis_url"), timeout=5)
    yield RedisStore(link, f"test:{secrets.token_hex(4)}:", mark_ttl=MARK_TTL)
    link.pool.disconnect()


@pytest.fixture
def executions() -> list[int]:
    return []


@pytest.fixture
def app(store: Store, executions: list[int], tmp_path_factory: pytest.TempPathFactory) -> Flask:
    engine = create_engine(f"sqlite:///{tmp_path_factory.mktemp('notes') / 'notes.db'}", poolclass=NullPool)
    app = make(engine, lambda: executions.append(1))
    cache.init_app(app, store, cache.CacheOptions((engine,), (metadata,)))
    settle(app)
    return app


def settle(app: Flask) -> None:
    """Wait until the server is trusted."""
    while "INVALIDATING" in app.test_client().get("/notes/0").headers["Cache-Status"]:
        pass


def test_a_second_read_is_a_hit_and_runs_nothing(app: Flask, executions: list[int]) -> None:
    client = app.test_client()
    client.put("/notes/1", json={"text": "one"})
    executions.clear()
    first, second = client.get("/notes/1"), client.get("/notes/1")
    assert first.headers["Cache-Status"] == "Hotroute; fwd=miss; stored"
    assert second.headers["Cache-Status"].startswith("Hotroute; hit; ttl=")
    assert first.json == second.json == {"text": "one"}
    assert first.headers["ETag"] == second.headers["ETag"]
    assert len(executions) == 1


def test_a_write_is_seen_by_the_next_read(app: Flask) -> None:
    client = app.test_client()
    for text in ("one", "two", "three"):
        client.put("/notes/1", json={"text": text})
        assert client.get("/notes/1").json == {"text": text}
        assert client.get("/notes/1").json == {"text": text}


def test_parameters_that_matter_make_another_answer_and_unknown_ones_pass_by(app: Flask) -> None:
    client = app.test_client()
    client.put("/notes/1", json={"text": "one"})
    assert client.get("/notes/1?shout=1").json == {"text": "ONE"}
    assert client.get("/notes/1").json == {"text": "one"}
    assert "UNKNOWN-PARAMETER" in client.get("/notes/1?other=1").headers["Cache-Status"]


@pytest.mark.parametrize("credentials", [{"Authorization": "Bearer x"}, {"Cookie": "session=x"}])
def test_a_caller_with_credentials_shares_nothing(app: Flask, credentials: dict[str, str]) -> None:
    client = app.test_client(use_cookies=False)
    client.get("/notes/1")
    assert "CREDENTIALS" in client.get("/notes/1", headers=credentials).headers["Cache-Status"]


def test_a_conditional_request_is_answered_304(app: Flask) -> None:
    client = app.test_client()
    tag = client.get("/notes/1").headers["ETag"]
    for given in (tag, f'"x", W/{tag}', "*"):
        answer = client.get("/notes/1", headers={"If-None-Match": given})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == tag
    assert client.get("/notes/1", headers={"If-None-Match": '"x"'}).status_code == 200


def test_many_cold_readers_run_the_view_once(app: Flask, executions: list[int]) -> None:
    app.test_client().put("/notes/1", json={"text": "one"})
    executions.clear()
    answers: list[object] = []
    threads = [
        threading.Thread(target=lambda: answers.append(app.test_client().get("/notes/1").json)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [{"text": "one"}] * 3
    assert len(executions) == 1


def test_what_another_threads_transaction_saw_while_the_store_was_asked_is_not_stored(
    store: Store, hot_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, shared = make(hot_engine), hot_engine.connect()
    look, text = store.look, select(notes.c.text).where(notes.c.id == 1)

    @app.get("/shared")
    @hot()
    def read_shared() -> str:
        return str(shared.scalar(text))

    cache.init_app(app, store, cache.CacheOptions((hot_engine,), (metadata,)))
    settle(app)
    client = app.test_client()
    client.put("/notes/1", json={"text": "old"})

    def look_late(question: FillRequest) -> LookupResult:
        monkeypatch.undo()
        shared.scalar(text)
        client.put("/notes/1", json={"text": "new"})
        return look(question)

    with shared:
        monkeypatch.setattr(store, "look", look_late)
        seen = client.get("/shared")
        assert "STALE-TRANSACTION" in seen.headers["Cache-Status"]
        shared.rollback()
        assert client.get("/shared").text == "new"
