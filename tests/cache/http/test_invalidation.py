"""Unsafe methods invalidate what is stored for their URI (RFC 9111, section 4.4), and what reads what they write."""

import json
import secrets
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, request
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool
from werkzeug.test import create_environ

from hotroute import cache
from hotroute.cache import MemoryStore, RedisClient, RedisStore, hot
from hotroute.cache.http import unsafe_methods
from hotroute.cache.store.base import FillRequest
from hotroute.cache.tracking.writes import BULK
from tests.cache.http.site import TEXT, Site
from tests.cache.twenty_lines import make, metadata, notes
from tests.servers import wait_until


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'notes.db'}", poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def app(engine: Engine) -> Flask:
    app = make(engine)
    for name, tags in (("row", (f"notes{BULK}", "note:1")), ("table", ("notes",)), ("nothing", ())):
        app.add_url_rule(f"/{name}", name, hot(tags=tags)(lambda: TEXT))
    cache.init_app(app, MemoryStore(), cache.CacheOptions((engine,), (metadata,), manual_tags=("note",)))
    return app


def hits(site: Site, *paths: str) -> list[bool]:
    return [site.get(path).hit for path in paths]


def test_a_successful_write_invalidates_what_reads_its_table_and_nothing_else(app: Flask) -> None:
    site = Site(app)
    paths = ("/notes/1", "/notes/1?shout=1", "/notes/2", "/row", "/table", "/nothing")
    hits(site, *paths)
    assert hits(site, *paths) == [True] * 6
    assert site.get("/notes/1", method="PUT", json={"text": "new"}).status == 204
    assert hits(site, *paths) == [False, False, False, False, False, True]
    assert b"new" in site.get("/notes/1").body


def test_an_unsafe_request_that_writes_to_no_table_invalidates_a_captured_answer_too(app: Flask) -> None:
    app.add_url_rule("/notes/<int:key>", "touch", lambda key: f"{key}", methods=["POST"])
    site = Site(app)
    assert site.twice("/notes/1").hit
    assert site.get("/notes/1", method="POST").status == 200
    assert site.get("/notes/1").stored


def test_an_unsafe_method_that_fails_invalidates_nothing(app: Flask) -> None:
    site = Site(app)
    site.get("/notes/1")
    assert site.get("/notes/1", method="DELETE").status == 405
    assert site.get("/notes/1", method="PUT", data=b"not JSON").status == 415
    assert site.get("/notes/1").hit


@pytest.fixture(params=["redis", "memory"])
def state(request: pytest.FixtureRequest) -> Iterator[tuple[Site, dict[str, str]]]:
    """A site that keeps its state where no engine sees it."""
    link = RedisClient(request.getfixturevalue("redis_url"), timeout=5) if request.param == "redis" else None
    store = RedisStore(link, f"test:{secrets.token_hex(4)}:", mark_ttl=0.05) if link else MemoryStore()
    kept: dict[str, str] = {}
    site = Site(store=store)
    for rule in ("/<name>", "/within/<name>"):
        site.page(
            lambda name: kept.get(name, "none") * 100, rule, query=("page",), vary=("X-Lang",), share="per-caller"
        )
    site.app.add_url_rule("/<name>", "write", write_into(kept), methods=["PUT", "POST", "PATCH", "DELETE", "PURGE"])
    yield site.start(identify_caller=lambda environ: environ.get("HTTP_AUTHORIZATION")), kept
    if link:
        link.reset_after_fork()


def write_into(kept: dict[str, str]) -> Callable[..., Any]:
    def write(name: str) -> Any:
        kept[name] = kept["new"] = request.get_data(as_text=True)
        return kept[name], int(request.headers.get("X-Status", 200)), json.loads(request.headers.get("X-Fields", "{}"))

    return write


def warm(site: Site, path: str, **page: Any) -> None:
    wait_until(lambda: site.get(path, **page).hit, "a hit")


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE", "PURGE"])
def test_a_successful_unsafe_request_invalidates_its_path_for_everyone(
    state: tuple[Site, dict[str, str]], method: str
) -> None:
    site, _ = state
    pages: list[dict[str, Any]] = [
        {"path": "/x", "headers": {"Accept-Encoding": "br"}},
        {"path": "/x", "headers": {"Authorization": "anna"}},
        {"path": "/x", "headers": {"X-Lang": "de"}},
        {"path": "/x?page=2"},
    ]
    for page in [*pages, {"path": "/y"}]:
        warm(site, **page)
    assert site.get("/x?any=1", method=method, data=b"new").status == 200
    assert [site.get(**page).hit for page in pages] == [False] * 4
    assert site.get("/x").body == b"new" * 100
    assert site.get("/y").hit


@pytest.mark.parametrize(("status", "kept"), [(201, False), (303, False), (400, True), (404, True), (500, True)])
def test_only_a_success_invalidates(state: tuple[Site, dict[str, str]], status: int, kept: bool) -> None:
    site, _ = state
    warm(site, "/x")
    site.get("/x", method="PUT", data=b"new", headers={"X-Status": str(status)})
    assert site.get("/x").hit is kept


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"Location": "/new"}, False),
        ({"Content-Location": "new?page=1"}, False),
        ({"Location": "http://localhost/new"}, False),
        ({"Location": "http://LOCALHOST:80/%6eew#part"}, False),
        ({"Location": "http://evil.example/new"}, True),
        ({"Location": "https://localhost/new"}, True),
        ({"Location": "/other"}, True),
    ],
)
def test_what_the_answer_says_it_made_is_invalidated_on_the_same_origin(
    state: tuple[Site, dict[str, str]], fields: dict[str, str], kept: bool
) -> None:
    site, _ = state
    warm(site, "/new")
    assert site.get("/x", method="POST", data=b"new", headers={"X-Fields": json.dumps(fields)}).status == 200
    assert site.get("/new").hit is kept


def test_a_location_that_is_no_uri_names_nothing() -> None:
    assert unsafe_methods.named(create_environ("/x"), "http://[/new") is None


def test_a_path_is_one_with_where_the_application_is_mounted(state: tuple[Site, dict[str, str]]) -> None:
    site, _ = state
    mounted: dict[str, Any] = {"environ_overrides": {"SCRIPT_NAME": "/api"}}
    for fields in ({}, {"Location": "/api/new"}):
        warm(site, "/new", **mounted)
        path = "/x" if fields else "/new"
        site.get(path, method="POST", data=b"new", headers={"X-Fields": json.dumps(fields)}, **mounted)
        assert not site.get("/new", **mounted).hit
    warm(site, "/new", **mounted)
    site.get("/x", method="POST", data=b"new", headers={"X-Fields": '{"Location": "/new"}'}, **mounted)
    assert site.get("/new", **mounted).hit


def test_an_answer_that_was_being_made_meanwhile_is_not_stored(
    state: tuple[Site, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    site, _ = state
    warm(site, "/y")
    look = site.store.look

    def look_and_change(question: FillRequest) -> Any:
        monkeypatch.undo()
        found = look(question)
        assert site.get("/x", method="PUT", data=b"new").status == 200
        return found

    monkeypatch.setattr(site.store, "look", look_and_change)
    assert site.get("/x").detail == "INVALIDATED-MEANWHILE"
    assert site.get("/x").stored


def test_a_write_succeeds_where_the_store_cannot_be_told(caplog: pytest.LogCaptureFixture) -> None:
    kept: dict[str, str] = {}
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{closed.getsockname()[1]}/0"
        site = Site(store=RedisStore(RedisClient(url, timeout=1))).page(lambda name: kept[name], "/<name>")
        site.app.add_url_rule("/<name>", "write", write_into(kept), methods=["PUT"])
        assert site.start().get("/x", method="PUT", data=b"new").status == 200
    assert "what is stored for /x could not be invalidated" in caplog.text


def test_an_unsafe_request_costs_a_round_trip_only_where_its_path_is_hot() -> None:
    class Counted(MemoryStore):
        told = 0

        def done(self, tags: Sequence[str], token: str, *, leave: bool = False) -> None:
            self.told += 1
            super().done(tags, token, leave=leave)

    site = Site(store=(store := Counted())).page()
    site.app.add_url_rule("/cold", "cold", lambda: TEXT, methods=["POST"])
    site.app.add_url_rule("/page", "warm", lambda: TEXT, methods=["POST"])
    site.start()
    for path, told in (("/cold", 0), ("/page", 1)):
        site.get(path, method="POST")
        assert store.told == told


def test_sql_text_invalidates_what_it_says(app: Flask, engine: Engine) -> None:
    site = Site(app)
    paths = ("/notes/1", "/row", "/table", "/nothing")
    hits(site, *paths)
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES (1, 'raw')"))
        cache.invalidate(connection, "notes")
        assert hits(site, *paths) == [True] * 4
    assert hits(site, *paths) == [False, False, False, True]
    assert b"raw" in site.get("/notes/1").body


def test_a_rollback_invalidates_nothing(app: Flask, engine: Engine) -> None:
    site = Site(app)
    site.get("/notes/1")
    with engine.connect() as connection:
        connection.execute(notes.insert().values(id=1, text="never"))
        connection.rollback()
    assert site.get("/notes/1").hit


def test_from_outside_a_table_or_a_row_is_invalidated_by_name(app: Flask) -> None:
    site, store = Site(app), app.extensions["hotroute.store"]
    paths = ("/notes/1", "/row", "/table", "/nothing")
    for tag, expected in (("note:1", [True, False, True, True]), ("notes", [False, False, False, True])):
        hits(site, *paths)
        cache.invalidate_now(store, [tag])
        assert hits(site, *paths) == expected
