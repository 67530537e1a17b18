"""Tags that routes declare: refused where nothing touches them, complete where they name rows, loud where they do not
cover what the view reads.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, jsonify
from sqlalchemy import Engine, ForeignKey, create_engine, delete, insert, select, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import NullPool

from hotroute import cache
from hotroute.cache import MemoryStore, hot, invalidate
from hotroute.cache.cli import explain
from hotroute.cache.declared_tags import undeclared_tables
from hotroute.cache.tracking.row_tags import RowTags
from hotroute.testing import Call, assert_transparent, truncate_all
from tests.cache.http.site import Answer, Site


class Base(DeclarativeBase):
    """Of tables that only these tests use."""


class Bookmark(Base):
    __tablename__ = "bookmark"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="plain")
    title: Mapped[str] = mapped_column(default="")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "plain"}  # noqa: RUF012  # as SQLAlchemy declares it


class Starred(Bookmark):
    """In a table of its own beside the other one's."""

    __tablename__ = "starred"
    id: Mapped[int] = mapped_column(ForeignKey("bookmark.id"), primary_key=True)
    stars: Mapped[int] = mapped_column(default=0)
    __mapper_args__ = {"polymorphic_identity": "starred"}  # noqa: RUF012  # as SQLAlchemy declares it


class Folder(Base):
    __tablename__ = "folder"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(default="")


@pytest.fixture
def engine(tmp_path: Any) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path / 'bookmarks.db'}", poolclass=NullPool)
    Base.metadata.create_all(made)
    with Session(made) as session, session.begin():
        session.add_all([Bookmark(title="old"), Starred(title="old", stars=1), Folder(name="old")])
    yield made
    made.dispose()


@pytest.fixture
def rows() -> Iterator[RowTags]:
    made = RowTags()
    yield made
    made.remove()


Start = Callable[..., Site]


@pytest.fixture
def start(engine: Engine) -> Start:
    """Serve a bookmark's title, and its folder's name if there is one to be read, under the tags given."""

    def started(*tags: str, also: Any = None, **application: Any) -> Site:
        app = Flask("bookmarks")

        @app.get("/bookmarks/<int:id>")
        @hot(tags=tags)
        def bookmark(id: int) -> Any:  # noqa: A002
            with Session(engine) as session:
                seen = [session.scalar(select(Bookmark.title).where(Bookmark.id == id))]
                return jsonify([*seen, *([session.scalar(also)] if also is not None else [])])

        cache.init_app(app, MemoryStore(), cache.CacheOptions((engine,), (Base.metadata,), **application))
        return Site(app)

    return started


@pytest.mark.parametrize(
    "write",
    [
        update(Bookmark).values(title="new"),
        update(Base.metadata.tables["bookmark"]).values({"title": "new"}),
        delete(Bookmark).where(Bookmark.id == 1),
        insert(Folder).values(id=9, name="new"),
    ],
)
def test_a_row_tag_alone_sees_what_changes_its_table_in_bulk(
    engine: Engine, rows: RowTags, start: Start, write: Any
) -> None:
    rows.register(Bookmark, "id", name="bookmark")
    site = start("bookmark:{id}")
    assert site.twice("/bookmarks/1").hit
    with Session(engine) as session, session.begin():
        session.execute(write)
    assert site.get("/bookmarks/1").hit is (write.table.name == "folder")


def test_a_row_tag_of_a_class_sees_bulk_writes_to_its_subclasses_tables(
    engine: Engine, rows: RowTags, start: Start
) -> None:
    rows.register(Bookmark, "id", name="bookmark")
    site = start("bookmark:{id}", also=select(Starred.stars))
    assert site.twice("/bookmarks/2").hit
    with engine.begin() as connection:
        connection.execute(update(Base.metadata.tables["starred"]).values(stars=5))
    assert site.get("/bookmarks/2").body == b'["old",5]\n'


def test_a_watched_tag_sees_bulk_writes_too(engine: Engine, rows: RowTags, start: Start) -> None:
    rows.watch(Bookmark, "title", name="titles")
    site = start("titles")
    assert site.twice("/bookmarks/1").hit
    with engine.begin() as connection:
        connection.execute(update(Base.metadata.tables["bookmark"]).values(title="new"))
    assert site.get("/bookmarks/1").body == b'["new"]\n'


def test_a_row_that_another_flush_changes_leaves_the_hit(engine: Engine, rows: RowTags, start: Start) -> None:
    rows.register(Bookmark, "id", name="bookmark")
    site = start("bookmark:{id}")
    assert site.twice("/bookmarks/1").hit
    with Session(engine) as session, session.begin():
        session.get_one(Bookmark, 2).title = "new"
    assert site.get("/bookmarks/1").hit


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("bookmarks", "the table is called 'bookmark'"),
        ("bookmark:{id}", r"RowTags\(\).register\(..., name='bookmark'\) before init_app"),
        ("rates", r"CacheOptions\(manual_tags=\('rates',\)\)"),
        ("bookmarks!bulk", "nothing changes the tag 'bookmarks!bulk'"),
        ("titles:{id}", "nothing changes the tag"),
        ("marks:{id}", "nothing changes the tag"),
        ("mark", "nothing changes the tag"),
    ],
)
def test_a_tag_that_nothing_touches_is_refused_by_name(rows: RowTags, start: Start, tag: str, words: str) -> None:
    rows.register(Bookmark, "id", name="mark")
    rows.watch(Bookmark, "title", name="titles")
    with pytest.raises(ValueError, match=rf"^bookmark: .*{words}") as refused:
        start("folder", tag)
    assert "\n" not in str(refused.value)


def test_a_row_tag_that_was_removed_is_unknown(rows: RowTags, start: Start) -> None:
    rows.register(Bookmark, "id", name="mark")
    rows.remove()
    with pytest.raises(ValueError, match="nothing changes"):
        start("mark:{id}")


@pytest.mark.parametrize(
    ("tags", "application"),
    [
        (("bookmark",), {}),
        (("bookmark!bulk",), {}),
        (("shelf",), {"views": {"shelf": ("bookmark",)}}),
        (("rates", "rates:{id}"), {"manual_tags": ("rates",)}),
        (("rates:{id}",), {"manual_tags": ("rates:{id}",)}),
    ],
)
def test_a_tag_that_something_touches_is_taken(start: Start, tags: tuple[str, ...], application: Any) -> None:
    assert start(*tags, **application).twice("/bookmarks/1").hit


def test_a_manual_tag_is_none_that_begins_alike(start: Start) -> None:
    with pytest.raises(ValueError, match="'ratesx'"):
        start("ratesx", manual_tags=("rates",))


def test_what_the_tags_leave_out_is_said_once_and_where_one_asks(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    site = start("bookmark", also=select(Folder.name))
    with caplog.at_level(logging.WARNING, "hotroute.cache"):
        answers = [site.get(f"/bookmarks/{number}") for number in (1, 2)]
    assert [answer.cache for answer in answers] == ["Hotroute; fwd=miss; stored; detail=UNDECLARED-TABLE"] * 2
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 1
    assert told[0].startswith("bookmark reads folder, which @hot(tags=...) leaves out")
    assert "reads a table that its tags leave out" in explain.words(asked(answers[0]))
    lines = list(explain.parts(site.app, "http://localhost/bookmarks/1", {}))
    assert lines[-1].startswith("Reads but does not depend on: folder;")


def test_nothing_is_said_of_a_view_whose_tags_stand_for_all_that_it_reads(
    rows: RowTags, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    rows.register(Bookmark, "id", name="bookmark")
    site = start("bookmark:{id}", "folder", also=select(Folder.name))
    with caplog.at_level(logging.WARNING, "hotroute.cache"):
        assert site.get("/bookmarks/1").stored
    assert not caplog.records
    lines = list(explain.parts(site.app, "http://localhost/bookmarks/1", {}))
    assert lines[-1] == "Depends on: bookmark:{id}, folder, bookmark!bulk, starred!bulk"


def test_a_view_that_cannot_run_here_cannot_be_explained(start: Start, engine: Engine) -> None:
    site = start("bookmark")
    site.app.config["PROPAGATE_EXCEPTIONS"] = True
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE bookmark RENAME TO gone"))
        invalidate(connection, "bookmark")
    with pytest.raises(explain.CannotExplain, match="the view failed in this process"):
        list(explain.parts(site.app, "http://localhost/bookmarks/1", {}))


@pytest.mark.parametrize(
    ("tags", "left"),
    [
        (("a", "b"), set()),
        (("a!bulk", "main.b"), set()),
        (("a", "row:{id}"), {"b", "main.b"}),
        (("seen",), {"b", "main.b"}),
        (("seen", "b"), set()),
        ((), {"a", "b", "main.b", "seen"}),
    ],
)
def test_tables_are_declared_by_either_name_and_by_the_views_over_them(tags: tuple[str, ...], left: set[str]) -> None:
    assert undeclared_tables(tags, {"a", "b", "main.b", "seen"}, {"seen": ("a",)}) == left


@pytest.mark.matrix
def test_the_transparency_check_finds_a_bulk_write_that_a_manual_tag_does_not_see(engine: Engine) -> None:
    app = Flask("manual")

    @app.get("/folders")
    @hot(tags=("folders",))
    def folders() -> Any:
        with engine.connect() as connection:
            return jsonify(list(connection.scalars(select(Folder.name).order_by(Folder.id))))

    @app.post("/folders")
    def add() -> Any:
        with engine.begin() as connection:
            connection.execute(insert(Folder).values(name="x"))
            invalidate(connection, "folders")
        return "", 204

    application = cache.CacheOptions((engine,), (Base.metadata,), manual_tags=("folders",))
    cache.init_app(app, MemoryStore(), application)
    calls = [Call("GET", "/folders"), Call("POST", "/folders")]

    def reset() -> None:
        truncate_all(engine, Base.metadata)

    assert_transparent(app, calls, reset, bulk=False, examples=20)
    for replay in (False, True):
        with pytest.raises(AssertionError, match=r"(?s)GET /folders.*(UPDATE|DELETE) folder\S* of all rows"):
            assert_transparent(app, calls, reset, examples=50, replay=replay)


def asked(answer: Answer) -> explain.Answer:
    return explain.Answer(answer.status, answer.cache, "")
