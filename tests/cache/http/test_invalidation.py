"""Unsafe methods invalidate through the tables that they write (RFC 9111, section 4.4, and more than it asks)."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from hotroute import cache
from hotroute.cache import MemoryStore, hot
from hotroute.cache.changes import BULK
from tests.cache.http.site import TEXT, Site
from tests.cache.twenty_lines import make, metadata, notes


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
    cache.init_app(app, MemoryStore(), cache.Application((engine,), (metadata,)))
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


def test_an_unsafe_method_that_writes_nothing_invalidates_nothing(app: Flask) -> None:
    site = Site(app)
    site.get("/notes/1")
    assert site.get("/notes/1", method="DELETE").status == 405
    assert site.get("/notes/1", method="PUT", data=b"not JSON").status == 415
    assert site.get("/notes/1").hit


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
