"""Which writes are marked, when, and what becomes of the mark: on both databases, with real transactions."""

import contextvars
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import (
    DDL,
    ClauseElement,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Executable,
    ForeignKey,
    Integer,
    MetaData,
    NullPool,
    Select,
    String,
    Table,
    TextClause,
    column,
    create_engine,
    delete,
    event,
    exists,
    func,
    insert,
    inspect,
    lambda_stmt,
    literal,
    literal_column,
    select,
    table,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    column_property,
    foreign,
    joinedload,
    mapped_column,
    relationship,
    with_loader_criteria,
)
from sqlalchemy.schema import CreateTable
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from hotroute import cache
from hotroute.cache.redis_client.client import Unreachable
from hotroute.cache.store.base import EPOCH, Store
from hotroute.cache.tracking import reads as tracking_reads
from hotroute.cache.tracking.multi_engine import mark_together
from hotroute.cache.tracking.reads import ReadCapture
from hotroute.cache.tracking.sql_tables import followers_of, of_text
from hotroute.cache.tracking.writes import MarkExpiredError, UncachedWriteError, WriteTracker, add_tags, followers
from hotroute.database import engines
from tests.cache.model.journal import Journal
from tests.cache.shop import Base, Label, Maker, Product, Promise, Review, Stock, labelled
from tests.databases import driver

PRODUCTS, LABELS, MAKERS, REVIEWS, LABELLED = (
    "shop_product",
    "shop_label",
    "shop_maker",
    "shop_review",
    "shop_labelled",
)
LABEL = Label.metadata.tables[LABELS]


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def engine(database_url: str, journal: Journal) -> Iterator[Engine]:
    """Followed, and its tables made anew: a maker of one product, that has a label and a review."""
    made = create_engine(**engines.options(driver(database_url), pool_size=2, timeout=5))
    engines.prepare(made)
    Base.metadata.drop_all(made)
    Base.metadata.create_all(made)
    with Session(made) as session, session.begin():
        label, review = Label(name="old"), Review()
        maker = Maker(name="Ada")
        session.add(Product(slug="tea", maker=maker, labels=[label], reviews=[review]))
        session.flush()
        session.add(Stock(slug="tea"))
    WriteTracker(journal).attach(made)
    yield made
    journal.at, journal.unreachable_after = {}, -1
    Base.metadata.drop_all(made)
    made.dispose()


def seen(engine: Engine, journal: Journal, act: Callable[[Session], object]) -> set[str]:
    """The tags that a session marks when it does this and commits."""
    with Session(engine) as session:
        act(session)
        session.commit()
    assert not journal.marks_left
    return journal.touched


def bulk(*tables: str) -> set[str]:
    return {tag for table in tables for tag in (table, f"{table}!bulk")}


@contextmanager
def captured(store: Store, *, declared: bool = False) -> Iterator[ReadCapture]:
    found = ReadCapture(store, declared)
    token = tracking_reads.current.set(found)
    try:
        yield found
    finally:
        tracking_reads.current.reset(token)


def test_the_mark_is_there_before_the_commit_and_gone_after_it(engine: Engine, journal: Journal) -> None:
    visible: list[int | None] = []

    def look() -> None:
        with engine.connect() as other:
            visible.append(other.scalar(select(func.count()).where(Label.name == "new")))

    journal.at = {"mark": look, "done": look}
    seen(engine, journal, lambda session: session.add(Label(name="new")))
    assert journal.order == ["mark", "done"]
    assert visible == [0, 1]


def test_what_is_flushed_by_commit_itself_is_marked(engine: Engine, journal: Journal) -> None:
    assert LABELS in seen(engine, journal, lambda session: session.add(Label(name="new")))


def test_a_secondary_table_is_seen(engine: Engine, journal: Journal) -> None:
    def unlabel(session: Session) -> None:
        product = session.get_one(Product, 1)
        product.labels.clear()

    assert seen(engine, journal, unlabel) == bulk(LABELLED)


@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.execute(update(Label).values(name="bulk")),
        lambda session: session.execute(update(LABEL).values(name="bulk")),
        lambda session: session.query(Label).update({"name": "legacy"}),
        lambda session: session.bulk_insert_mappings(Label, [{"name": "a"}, {"name": "b"}]),
        lambda session: session.bulk_update_mappings(Label, [{"id": 1, "name": "b"}]),
        lambda session: session.bulk_save_objects([Label(name="a")]),
        lambda session: session.execute(insert(Label), [{"name": "a"}, {"name": "b"}]),
        lambda session: session.execute(insert(Label).returning(Label.id), [{"name": "a"}, {"name": "b"}]).all(),
        lambda session: session.execute(update(Label), [{"id": 1, "name": "b"}]),
        lambda session: session.connection().execute(insert(Label).values(name="core")),
        lambda session: session.connection().execute(insert(LABEL), [{"name": "a"}, {"name": "b"}]),
        lambda session: session.execute(table(LABELS, column("name")).insert().values(name="light")),
        lambda session: session.execute(
            insert(Label).from_select(["id", "name"], select(Product.id + 7, Product.slug))
        ),
        lambda session: session.execute(update(Label).values(name=select(Maker.name).scalar_subquery())),
    ],
)
def test_every_way_to_write_to_a_table_is_seen(
    engine: Engine, journal: Journal, act: Callable[[Session], object]
) -> None:
    assert seen(engine, journal, act) == bulk(LABELS)


def test_a_write_in_a_common_table_expression_is_seen(engine: Engine, journal: Journal) -> None:
    if engine.dialect.name == "sqlite":  # which has no such expression; its footprint is asked for all the same
        with engine.connect() as connection, suppress(DBAPIError):
            connection.execute(select(insert(Label).values(name="new").returning(Label.id).cte()))
            raise AssertionError("SQLite has learned it: drop this branch")
        return
    made = insert(Label).values(name="new").returning(Label.id).cte()
    assert seen(engine, journal, lambda session: session.execute(select(made.c.id))) >= bulk(LABELS)
    dropped = delete(Review).cte()
    assert seen(engine, journal, lambda session: session.execute(select(Maker.id).add_cte(dropped))) >= bulk(REVIEWS)


def test_an_upsert_is_seen_with_what_its_update_may_lead_to(engine: Engine, journal: Journal) -> None:
    dialect = sqlite if engine.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(Product).values(id=1, slug="coffee")
    statement = statement.on_conflict_do_update(index_elements=["id"], set_={"slug": "coffee"})
    assert seen(engine, journal, lambda session: session.execute(statement)) >= bulk(PRODUCTS, "shop_stock")


@pytest.mark.only("sqlite")
def test_an_insert_or_replace_is_seen_with_what_it_deletes(engine: Engine, journal: Journal) -> None:
    statement = insert(Product).prefix_with("OR REPLACE").values(id=2, slug="tea")

    def replace(session: Session) -> None:
        session.execute(delete(Stock))
        session.execute(statement)
        assert session.scalar(select(func.count()).select_from(Review)) == 0

    assert seen(engine, journal, replace) >= bulk(PRODUCTS, REVIEWS, LABELLED)


def test_what_the_database_deletes_along_is_seen(engine: Engine, journal: Journal) -> None:
    def leave(session: Session) -> None:
        session.execute(delete(Stock))
        session.execute(delete(Maker))
        assert session.scalar(select(func.count()).select_from(Review)) == 0

    assert seen(engine, journal, leave) >= bulk(MAKERS, PRODUCTS, REVIEWS, LABELLED)


def test_what_the_database_deletes_along_with_a_flush_is_seen(engine: Engine, journal: Journal) -> None:
    def leave(session: Session) -> None:
        session.execute(delete(Stock))
        session.delete(session.get_one(Maker, 1))

    assert seen(engine, journal, leave) >= bulk(MAKERS, PRODUCTS, REVIEWS, LABELLED)


def test_a_key_that_the_database_changes_along_is_seen_and_nothing_more(engine: Engine, journal: Journal) -> None:
    rename = update(Product).values(slug="coffee")
    assert seen(engine, journal, lambda session: session.execute(rename)) == bulk(PRODUCTS, "shop_stock")


def test_what_refers_to_a_key_does_not_follow_other_columns(engine: Engine, journal: Journal) -> None:
    reprice = update(Product).values(price=7)
    assert seen(engine, journal, lambda session: session.execute(reprice)) == bulk(PRODUCTS)


def test_plain_connections_are_seen(engine: Engine, journal: Journal) -> None:
    with engine.begin() as connection:
        connection.execute(insert(Label).values(name="new"))
    assert journal.steps == [("mark", frozenset(bulk(LABELS))), ("done", frozenset(bulk(LABELS)))]


def test_an_engine_with_options_is_followed_with_the_engine(engine: Engine, journal: Journal) -> None:
    with engine.execution_options(**engines.WRITES).begin() as connection:
        connection.execute(insert(Label).values(name="new"))
    assert journal.order == ["mark", "done"]


def test_who_reads_marks_nothing(engine: Engine, journal: Journal) -> None:
    assert seen(engine, journal, lambda session: session.scalars(select(Product)).unique().all()) == set()
    assert seen(engine, journal, lambda session: session.execute(text("SELECT 1"))) == set()
    assert journal.steps == []


def test_what_is_rolled_back_marks_nothing_even_in_the_next_transaction(engine: Engine, journal: Journal) -> None:
    with Session(engine) as session:
        session.execute(insert(Label).values(name="no"))
        session.rollback()
        session.execute(insert(Review).values(id=7, text=""))
        session.commit()
    assert journal.touched == bulk(REVIEWS)


def test_a_connection_given_back_without_a_commit_leaves_nothing_behind(engine: Engine, journal: Journal) -> None:
    connection = engine.connect()
    connection.execute(insert(Label).values(name="no"))
    connection.close()
    raw = engine.raw_connection()  # the same connection of the pool, no engine event in between
    raw.close()
    with engine.begin() as connection:
        connection.execute(insert(Review).values(id=7, text=""))
    assert journal.touched == bulk(REVIEWS)


def test_what_a_pooled_connection_remembers_of_before_is_forgotten_at_the_beginning(
    engine: Engine, journal: Journal
) -> None:
    with engine.connect() as connection:
        connection.info["hotroute.touched"] = {"left behind"}
        connection.execute(insert(Label).values(name="new"))
        connection.commit()
    assert journal.touched == bulk(LABELS)


def test_foreign_keys_are_followed_to_their_end() -> None:
    names = ("root", "child", "grandchild", "great_grandchild")
    schema = MetaData()
    tables = [
        Table(name, schema, Column("id", ForeignKey(f"{parent}.id", ondelete="CASCADE") if parent else Integer))
        for parent, name in zip(("", *names), names, strict=False)
    ]
    assert followers_of(delete(tables[0]), "DELETE FROM root") == set(tables[1:])


def test_a_savepoint_marks_nothing_before_the_commit(engine: Engine, journal: Journal) -> None:
    with Session(engine) as session:
        with session.begin_nested():
            session.add(Label(name="inner"))
        assert journal.steps == []
        with suppress(ZeroDivisionError), session.begin_nested():
            session.execute(delete(Review))
            raise ZeroDivisionError
        session.commit()
    assert journal.order == ["mark", "done"]
    assert LABELS in journal.touched


def test_the_write_before_a_savepoint_that_is_rolled_back_is_marked(engine: Engine, journal: Journal) -> None:
    def act(session: Session) -> None:
        session.execute(insert(Label).values(name="outer"))
        with suppress(ZeroDivisionError), session.begin_nested():
            raise ZeroDivisionError

    assert seen(engine, journal, act) >= bulk(LABELS)


def test_touch_adds_tags_of_the_callers_own(engine: Engine, journal: Journal) -> None:
    assert seen(engine, journal, lambda session: add_tags(session.connection(), ["own"])) == {"own"}


def ddl(statement: str) -> DDL:
    return DDL(statement)  # type: ignore[no-untyped-call]


class Extra(DeclarativeBase):
    """Of tables besides."""


class Price(Extra):
    __tablename__ = "shop_price"
    id: Mapped[int] = mapped_column(primary_key=True)


@pytest.mark.parametrize(
    "change",
    [
        Extra.metadata.create_all,
        Base.metadata.drop_all,
        lambda connection: connection.execute(ddl("DELETE FROM shop_review")),
        lambda connection: connection.execute(CreateTable(Price.metadata.tables["shop_price"])),
    ],
)
def test_a_change_to_the_schema_may_have_changed_anything(
    engine: Engine, journal: Journal, change: Callable[[Connection], object]
) -> None:
    with engine.connect() as connection:
        change(connection)
        assert journal.steps == [], "a transaction as any other"
        connection.commit()
    Extra.metadata.drop_all(engine)
    assert journal.steps[:2] == [("mark", frozenset({EPOCH})), ("done", frozenset({EPOCH}))]


@pytest.mark.only("sqlite")
def test_a_change_to_the_schema_that_is_committed_at_once_is_marked_before(engine: Engine) -> None:
    journal = Journal()
    plain = create_engine(engine.url, poolclass=NullPool)
    WriteTracker(journal).attach(plain)
    journal.at = {"mark": lambda: tables.append(Price.__tablename__ in inspect(engine).get_table_names())}
    tables = list[bool]()
    with plain.connect() as connection:
        Extra.metadata.create_all(connection)
        assert journal.order == ["mark"]
    assert tables == [False]
    assert journal.order == ["mark", "done"], "rolled back, as far as SQLAlchemy knows"
    Extra.metadata.drop_all(engine)


# What a transaction may not do


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE shop_label SET name = 'x'",
        "WITH x AS (SELECT 1) DELETE FROM shop_label",
        "/* comment */ DELETE FROM shop_label",
        " delete from shop_label",
    ],
)
@pytest.mark.parametrize("how", ["text", "driver"])
def test_a_write_in_sql_text_is_an_error_before_it_is_committed(
    engine: Engine, journal: Journal, statement: str, how: str
) -> None:
    with engine.connect() as connection:
        connection.execute(delete(labelled))
        if how == "text":
            connection.execute(text(statement))
        else:
            connection.exec_driver_sql(statement)
        with pytest.raises(UncachedWriteError, match="invalidate"):
            connection.commit()
    assert count(engine, Label, Label.name == "old") == 1
    assert journal.steps == []


@pytest.mark.parametrize("statement", ["EXPLAIN\nANALYZE DELETE FROM shop_label", "WITH x AS (DELETE FROM y) SELECT 1"])
def test_a_write_behind_words_that_read_is_a_write(statement: str) -> None:
    assert of_text(statement).writes


@pytest.mark.only("postgresql")
@pytest.mark.parametrize("statement", ["SELECT 1; DELETE FROM shop_review", "EXPLAIN ANALYZE DELETE FROM shop_review"])
def test_a_write_behind_a_reading_word_is_an_error(engine: Engine, statement: str) -> None:
    with pytest.raises(UncachedWriteError), engine.begin() as connection:
        connection.execute(text(statement))
    assert count(engine, Review) == 1


class Emptied(Executable, ClauseElement):
    """A statement of the application's own."""

    inherit_cache = True


@compiles(Emptied)
def _(_element: Emptied, _compiler: SQLCompiler, **_options: object) -> str:
    return "DELETE FROM shop_review"


def test_a_write_by_a_construct_that_nobody_knows_is_an_error(engine: Engine) -> None:
    with pytest.raises(UncachedWriteError, match="invalidate"), engine.begin() as connection:
        connection.execute(Emptied())
    assert count(engine, Review) == 1


def test_a_write_under_autocommit_is_refused_before_it_happens(engine: Engine) -> None:
    made = create_engine(engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    WriteTracker(Journal()).attach(made)
    plain = create_engine(engine.url, poolclass=NullPool)
    WriteTracker(Journal()).attach(plain)
    for each in (made, plain.execution_options(isolation_level="AUTOCOMMIT")):
        with pytest.raises(UncachedWriteError, match="AUTOCOMMIT"), each.connect() as connection:
            connection.execute(insert(Label).values(name="no"))
    assert count(engine, Label) == 1


@pytest.mark.only("postgresql")
def test_two_phases_are_refused(engine: Engine) -> None:
    with Session(engine, twophase=True) as session:
        session.execute(insert(Label).values(name="no"))
        with pytest.raises(UncachedWriteError, match="two-phase"):
            session.commit()
    assert count(engine, Label) == 1


# What can go wrong


def count(engine: Engine, model: type[Base], *conditions: object) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(model).where(*conditions)) or 0  # type: ignore[arg-type]


def test_a_store_that_cannot_mark_aborts_the_commit(engine: Engine, journal: Journal) -> None:
    journal.unreachable_after = 0
    with Session(engine) as session:
        session.add(Label(name="no"))
        with pytest.raises(Unreachable):
            session.commit()
    assert count(engine, Label) == 1


def test_what_was_not_committed_is_not_committed_by_the_next_transaction(engine: Engine, journal: Journal) -> None:
    with engine.connect() as connection:
        connection.execute(insert(Label).values(name="no"))
        journal.unreachable_after = 0
        with pytest.raises(Unreachable):
            connection.commit()
        journal.unreachable_after = -1
        connection.rollback()
        connection.execute(insert(Review).values(id=7, text=""))
        connection.commit()
    assert count(engine, Label) == 1
    assert journal.touched == bulk(REVIEWS)


def test_a_store_that_fails_after_the_commit_does_not_fail_the_write(
    engine: Engine, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise Unreachable("gone")

    journal.at = {"done": fail}
    with engine.begin() as connection:
        connection.execute(insert(Label).values(name="yes"))
    assert count(engine, Label) == 2
    assert "expires by itself" in caplog.text
    assert journal.marks_left


def test_a_mark_that_expired_before_the_commit_aborts_it(engine: Engine) -> None:
    late = create_engine(engine.url, poolclass=NullPool)
    engines.prepare(late)
    impatient = Journal()
    impatient.mark_ttl = 0
    WriteTracker(impatient).attach(late)
    with pytest.raises(MarkExpiredError), late.begin() as connection:
        connection.execute(insert(Label).values(name="no"))
    assert count(engine, Label) == 1
    assert not impatient.marks_left


def test_a_commit_that_the_database_refuses_takes_the_mark_away(engine: Engine, journal: Journal) -> None:
    with Session(engine) as session:
        session.add(Promise(label_id=99))
        with pytest.raises(IntegrityError):
            session.commit()
        session.rollback()
        assert session.scalars(select(Promise.id)).all() == [], "not even here: the transaction is over"
    assert journal.order == ["mark", "done"]
    assert not journal.marks_left


@pytest.mark.only("postgresql")
def test_a_connection_that_is_killed_in_commit_leaves_the_mark(engine: Engine, journal: Journal) -> None:
    with engine.connect() as connection:
        connection.execute(insert(Label).values(name="who knows"))
        pid = connection.scalar(select(func.pg_backend_pid()))
        journal.at = {"mark": lambda: kill(engine, pid)}
        with pytest.raises(DBAPIError) as caught:
            connection.commit()
        assert caught.value.connection_invalidated
        connection.rollback()
        assert journal.marks_left == bulk(LABELS)
        connection.execute(insert(Review).values(id=7, text=""))
        journal.at = {}
        connection.commit()
    assert journal.marks_left == bulk(LABELS)
    assert journal.steps[-1] == ("done", frozenset(bulk(REVIEWS)))


def kill(engine: Engine, pid: int | None) -> None:
    with engine.connect() as other:
        other.execute(select(func.pg_terminate_backend(pid, 5000)))


@pytest.mark.only("postgresql")
def test_a_connection_that_dies_before_commit_is_rolled_back_as_ever(engine: Engine, journal: Journal) -> None:
    with Session(engine) as session:
        session.execute(insert(Label).values(name="no"))
        kill(engine, session.scalar(select(func.pg_backend_pid())))
        with pytest.raises(DBAPIError):
            session.execute(select(Label.id))
        with pytest.raises(PendingRollbackError):
            session.execute(select(Label.id))
        session.rollback()
        session.execute(insert(Review).values(id=7, text=""))
        session.commit()
    assert journal.touched == bulk(REVIEWS)


def test_a_connection_that_is_given_up_says_nothing_later(engine: Engine, journal: Journal) -> None:
    with engine.connect() as connection:
        connection.execute(insert(Label).values(name="no"))
        connection.invalidate()
        connection.rollback()
        connection.execute(insert(Review).values(id=7, text=""))
        connection.commit()
    assert journal.touched == bulk(REVIEWS)
    assert count(engine, Label) == 1


# Two engines in one session


@pytest.fixture
def both(engine: Engine, database_url: str, journal: Journal) -> Iterator[Session]:
    """A session on two engines, whose labels are on the one and whose reviews on the other."""
    other = create_engine("sqlite://" if engine.dialect.name == "sqlite" else driver(database_url), pool_size=2)
    Base.metadata.create_all(other)
    WriteTracker(journal).attach(other)
    session = Session(binds={Label: engine, Maker: engine, Review: other})
    mark_together(session)
    with session:
        yield session
    other.dispose()


def write_both(session: Session) -> None:
    session.add(Label(name="new"))
    session.add(Review(id=7))


def test_two_engines_are_marked_before_the_first_commits(engine: Engine, both: Session, journal: Journal) -> None:
    write_both(both)
    both.commit()
    assert journal.order == ["mark", "mark", "done", "done"]
    assert journal.touched == bulk(LABELS, REVIEWS)
    assert not journal.marks_left


def test_if_the_second_engine_cannot_be_marked_none_commits(engine: Engine, both: Session, journal: Journal) -> None:
    journal.unreachable_after = 1
    write_both(both)
    with pytest.raises(Unreachable):
        both.commit()
    both.rollback()
    assert both.scalars(select(Review.id).where(Review.id == 7)).all() == []
    assert both.scalars(select(Label.name)).all() == ["old"]
    assert not journal.marks_left


def make_engines(folder: Path) -> list[Engine]:
    made = [create_engine(f"sqlite:///{folder / name}", poolclass=NullPool) for name in ("one.db", "two.db")]
    for each in made:
        Base.metadata.create_all(each)
    return made


def test_a_session_of_an_application_with_two_engines_marks_both_before_either_commits(
    journal: Journal, tmp_path: Path
) -> None:
    one, two = make_engines(tmp_path)
    cache.init_app(Flask("two"), journal, cache.CacheOptions((one, two), (Base.metadata,)))
    journal.unreachable_after = 1
    with Session(binds={Label: one, Review: two}) as session:
        write_both(session)
        with pytest.raises(Unreachable):
            session.commit()
    with Session(binds={Label: one, Review: two}) as session:
        assert not session.scalars(select(Label.name)).all()
        assert not session.scalars(select(Review.id)).all()
    assert not journal.marks_left


def test_the_engines_of_two_applications_are_marked_each_in_its_own_store(journal: Journal, tmp_path: Path) -> None:
    one, two = make_engines(tmp_path)
    (tmp_path / "others").mkdir()
    others, theirs = Journal(), make_engines(tmp_path / "others")
    cache.init_app(Flask("ours"), journal, cache.CacheOptions((one, two), (Base.metadata,)))
    cache.init_app(Flask("theirs"), others, cache.CacheOptions(tuple(theirs), (Base.metadata,)))
    with Session(binds={Label: one, Review: theirs[0]}) as session:
        write_both(session)
        session.commit()
    assert (journal.touched, others.touched) == (bulk(LABELS), bulk(REVIEWS))


def test_an_engine_of_two_applications_is_marked_in_both_stores(engine: Engine, journal: Journal) -> None:
    other = Journal()
    WriteTracker(other).attach(engine)
    marks: list[bool] = []
    journal.at = {"done": lambda: marks.append(bool(other.marks_left))}
    with engine.begin() as connection:
        connection.execute(insert(Label).values(name="new"))
    steps = [("mark", frozenset(bulk(LABELS))), ("done", frozenset(bulk(LABELS)))]
    assert (journal.steps, other.steps) == (steps, steps)
    assert not journal.marks_left | other.marks_left
    assert marks == [True], "both are marked before the commit, and until it is over"


def test_if_the_second_application_cannot_be_told_nothing_is_committed(engine: Engine, journal: Journal) -> None:
    other = Journal()
    WriteTracker(other).attach(engine)
    other.unreachable_after = 0
    with pytest.raises(Unreachable), engine.begin() as connection:
        connection.execute(insert(Label).values(name="no"))
    other.unreachable_after = -1
    assert count(engine, Label) == 1
    assert not journal.marks_left


def test_a_savepoint_on_two_engines_marks_nothing(both: Session, journal: Journal) -> None:
    both.connection(bind_arguments={"mapper": Review})
    with both.begin_nested():
        write_both(both)
    assert journal.steps == []
    both.commit()
    assert journal.order == ["mark", "mark", "done", "done"]


def test_what_is_written_after_the_others_were_marked_is_marked_too(both: Session, journal: Journal) -> None:
    def late(session: Session) -> None:
        session.execute(insert(Maker).values(id=9, name=""))

    event.listen(both, "before_commit", late)
    write_both(both)
    both.commit()
    assert journal.touched >= bulk(LABELS, REVIEWS, MAKERS)
    assert not journal.marks_left


# What a view reads


def reads(engine: Engine, act: Callable[[Session], object], *, declared: bool = False) -> ReadCapture:
    with captured(followers(engine.dialect)[0].store, declared=declared) as found, Session(engine) as session:
        act(session)
    return found


@pytest.mark.parametrize(
    ("act", "tables"),
    [
        (lambda session: session.execute(select(Label)).all(), {LABELS}),
        (lambda session: session.execute(select(exists(select(Review.id)))).all(), {REVIEWS}),
        (lambda session: session.execute(select(Label).where(Label.id.in_(select(Maker.id)))).all(), {LABELS, MAKERS}),
        (lambda session: session.execute(select(Label.id).union(select(Maker.id))).all(), {LABELS, MAKERS}),
        (lambda session: session.get(Product, 1), {PRODUCTS, MAKERS, REVIEWS}),
        (lambda session: session.execute(select(func.count()).select_from(select(Product).subquery())).all(),
         {PRODUCTS, REVIEWS}),
        (lambda session: session.get(Product, 1).labels, {PRODUCTS, MAKERS, REVIEWS, LABELS, LABELLED}),
        (lambda session: session.execute(select(Maker).options(joinedload(Maker.products))).unique().all(),
         {PRODUCTS, MAKERS, REVIEWS}),
        (lambda session: session.execute(
            select(Label).options(with_loader_criteria(Label, Label.id.in_(select(Maker.id))))).all(),
         {LABELS, MAKERS}),
        (lambda session: session.execute(select(table(LABELS, column("name")))).all(), {LABELS}),
        (lambda session: session.execute(lambda_stmt(lambda: select(Label))).all(), {LABELS}),
        (lambda session: session.execute(select(Label).from_statement(select(Label))).all(), {LABELS}),
        (lambda session: session.query(Label).all(), {LABELS}),
        (lambda session: session.scalar(func.count(select(Label.id).scalar_subquery())), {LABELS}),
    ],
)  # fmt: skip
def test_every_table_that_is_read_is_captured(
    engine: Engine, act: Callable[[Session], object], tables: set[str]
) -> None:
    found = reads(engine, act)
    assert found.tables == tables
    assert found.reason == ""


@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.execute(text("SELECT name FROM shop_label")),
        lambda session: session.connection().exec_driver_sql("SELECT name FROM shop_label"),
        lambda session: session.execute(select(Label).from_statement(text("SELECT * FROM shop_label"))),
        lambda session: session.execute(select(Label.id).where(text("EXISTS (SELECT 1 FROM shop_review)"))),
        lambda session: session.execute(select(literal_column("(SELECT count(*) FROM shop_review)"))),
    ],
)
def test_sql_text_may_read_anything_and_its_answer_is_not_stored(
    engine: Engine, act: Callable[[Session], object]
) -> None:
    assert "raw sql" in reads(engine, act).reason


@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.execute(select(Label.id).prefix_with("(SELECT count(*) FROM shop_review),")).all(),
        lambda session: session.execute(select(Label.id).suffix_with("UNION SELECT id FROM shop_review")).all(),
        lambda session: session.execute(select(Label.id).with_statement_hint("UNION SELECT id FROM shop_review")).all(),
        lambda session: session.execute(
            select(Label.id.op("IN (SELECT id FROM shop_review) AND 1 =")(literal(1)))).all(),
        lambda session: session.execute(select(Counted())).all(),
    ],
)  # fmt: skip
def test_text_within_a_statement_may_read_anything(engine: Engine, act: Callable[[Session], object]) -> None:
    assert "raw sql" in reads(engine, act).reason


class Counted(ColumnElement[int]):
    """An expression of the application's own."""

    inherit_cache = True
    type = Integer()


class Shortened(FunctionElement[str]):
    """One that names no table."""

    inherit_cache = True
    type = String()


@compiles(Shortened)
def _(element: Shortened, compiler: SQLCompiler, **options: Any) -> str:
    return f"substr({compiler.process(element.clauses, **options)}, 1, 3)"


def test_an_expression_of_the_applications_own_that_names_no_table_is_no_obstacle(engine: Engine) -> None:
    found = reads(engine, lambda session: session.execute(select(Shortened(Label.name))).all())
    assert (found.tables, found.reason) == ({LABELS}, "")


@compiles(Counted)
def _(_element: Counted, _compiler: SQLCompiler, **_options: object) -> str:
    return "(SELECT count(*) FROM shop_review)"


@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.execute(text("SELECT name FROM shop_label")),
        lambda session: session.execute(text("WITH x AS (SELECT name FROM shop_label)\nSELECT name FROM x")),
        lambda session: session.connection().exec_driver_sql("SELECT name FROM shop_label"),
    ],
)
def test_sql_text_is_no_obstacle_where_the_route_says_what_it_depends_on(
    engine: Engine, journal: Journal, act: Callable[[Session], object]
) -> None:
    assert reads(engine, act, declared=True).reason == ""
    with Session(engine) as session:
        act(session)
        with captured(journal, declared=True) as found:
            act(session)
    assert "stale" in found.reason
    write = text("DELETE FROM shop_review")
    assert "wrote" in reads(engine, lambda session: session.execute(write), declared=True).reason


def test_a_table_of_another_schema_that_an_eager_load_adds_is_captured(database_url: str) -> None:
    class Here(DeclarativeBase):
        pass

    class Elsewhere(DeclarativeBase):
        pass

    class Rating(Elsewhere):
        __tablename__ = "shop_rating"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Rated(Here):
        __tablename__ = "shop_rated"
        id: Mapped[int] = mapped_column(primary_key=True)
        ratings: Mapped[list[Rating]] = relationship(
            Rating, primaryjoin=lambda: foreign(Rating.id) == Rated.id, lazy="joined", viewonly=True
        )

    Rated.rated = column_property(select(func.count(Rating.id)).scalar_subquery())
    journal, engine = Journal(), create_engine(driver(database_url), poolclass=NullPool)
    for each in (Here, Elsewhere):
        each.metadata.create_all(engine)
    WriteTracker(journal, metadata=(Here.metadata, Elsewhere.metadata)).attach(engine)
    found = reads(engine, lambda session: session.scalars(select(Rated)).unique().all())
    assert (found.tables, found.reason) == ({"shop_rated", "shop_rating"}, "")
    for each in (Here, Elsewhere):
        each.metadata.drop_all(engine)


@pytest.mark.parametrize("declared", [True, False])
def test_an_engine_that_is_not_followed_keeps_an_answer_from_being_stored(
    engine: Engine, journal: Journal, declared: bool
) -> None:
    other = create_engine(engine.url, poolclass=NullPool)
    with captured(journal, declared=declared) as found:
        read_labels(other)
    assert "untracked engine" in found.reason
    WriteTracker(Journal()).attach(other)
    with captured(journal, declared=declared) as found:
        read_labels(other)
    assert "untracked engine" in found.reason, "for this store"
    WriteTracker(journal).attach(other)
    with captured(journal, declared=declared) as found:
        read_labels(other)
    assert found.reason == ""


def test_an_application_stores_what_it_can_answer_for(tmp_path: Path) -> None:
    one, two = make_engines(tmp_path)
    app = Flask("told")
    names = table("shop_names", column("name"))
    metadata = MetaData()
    Table("shop_names", metadata, Column("name"))
    views = {
        "/declared": (("shop_label",), lambda: ask(one, text("SELECT count(*) FROM shop_label"))),
        "/captured": (None, lambda: ask(one, text("SELECT count(*) FROM shop_label"))),
        "/not-followed": (("shop_label",), lambda: ask(two, select(func.count()).select_from(LABEL))),
        "/view": (None, lambda: ask(one, select(func.count()).select_from(names))),
    }
    for path, (tags, view) in views.items():
        app.add_url_rule(path, path, cache.hot(tags=tags)(view))
    with one.begin() as connection:
        connection.execute(ddl("CREATE VIEW shop_names AS SELECT name FROM shop_label"))
    told = cache.CacheOptions((one,), (Base.metadata, metadata), views={"shop_names": (LABELS,)})
    cache.init_app(app, Journal(), told)
    client = app.test_client()
    found = {
        path: [client.get(path).headers["Cache-Status"][10:].partition("; ttl")[0] for _ in range(2)] for path in views
    }
    assert found == {
        "/declared": ["fwd=miss; stored", "hit"],
        "/captured": ["fwd=miss; stored=?0; detail=RAW-SQL"] * 2,
        "/not-followed": ["fwd=miss; stored=?0; detail=UNTRACKED-ENGINE"] * 2,
        "/view": ["fwd=miss; stored", "hit"],
    }
    with one.begin() as connection:
        connection.execute(insert(Label).values(name="new"))
    assert [client.get(path).text for path in views] == ["1", "1", "0", "1"]


def ask(engine: Engine, statement: Select[int] | TextClause) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(statement))


# Other names of a table


@pytest.fixture
def named(engine: Engine, journal: Journal) -> Iterator[Engine]:
    """With a view of labels, and one of that."""
    views = {"shop_names": (LABELS,), "shop_short_names": ("shop_names",)}
    WriteTracker(journal, views=views).attach(engine)
    with engine.begin() as connection:
        connection.execute(ddl("CREATE VIEW shop_names AS SELECT name FROM shop_label"))
        connection.execute(ddl("CREATE VIEW shop_short_names AS SELECT name FROM shop_names"))
    journal.steps.clear()
    yield engine
    with engine.begin() as connection:
        connection.execute(ddl("DROP VIEW shop_short_names"))
        connection.execute(ddl("DROP VIEW shop_names"))


def test_what_a_view_of_the_database_reads_is_captured(named: Engine) -> None:
    found = reads(named, lambda session: session.execute(select(table("shop_short_names", column("name")))).all())
    assert found.tables == {"shop_short_names", "shop_names", LABELS}


def test_a_write_changes_the_views_of_what_it_writes(named: Engine, journal: Journal) -> None:
    tags = seen(named, journal, lambda session: session.add(Label(name="new")))
    assert tags == bulk(LABELS, "shop_names", "shop_short_names")


@pytest.mark.only("postgresql")
def test_a_write_through_a_view_changes_what_it_reads(named: Engine, journal: Journal) -> None:
    statement = update(table("shop_names", column("name"))).values(name="new")
    assert seen(named, journal, lambda session: session.execute(statement)) >= bulk(LABELS, "shop_short_names")


def test_a_table_of_the_default_schema_is_the_one_without_a_schema(engine: Engine, journal: Journal) -> None:
    schema = engine.dialect.default_schema_name
    label = Table(LABELS, MetaData(), Column("name"), schema=schema)
    found = reads(engine, lambda session: session.execute(select(label)).all())
    assert found.tables == {LABELS, f"{schema}.{LABELS}"}
    tags = seen(engine, journal, lambda session: session.execute(update(label).values(name="new")))
    assert tags == bulk(LABELS, f"{schema}.{LABELS}")


def test_a_view_that_writes_is_not_stored(engine: Engine) -> None:
    assert "wrote" in reads(engine, lambda session: session.execute(insert(Label).values(name="x"))).reason


def test_what_an_older_transaction_reads_is_not_stored(engine: Engine, journal: Journal) -> None:
    with Session(engine) as session:
        session.scalar(select(Label.id))
        with captured(journal) as found:
            with session.begin_nested():
                session.scalar(select(Label.id))
            assert "stale" in found.reason
        session.rollback()
        with captured(journal) as found:
            session.scalar(select(Label.id))
        assert found.reason == ""


def test_a_savepoint_and_a_begin_are_no_reason_not_to_store(engine: Engine) -> None:
    def act(session: Session) -> None:
        with session.begin_nested():
            session.scalar(select(Label.id))

    assert reads(engine, act).reason == ""


def test_the_same_text_in_another_schema_is_another_statement(engine: Engine, journal: Journal) -> None:
    """A plain table of that name was deleted from elsewhere; here others follow."""
    elsewhere = create_engine("sqlite://")
    WriteTracker(Journal()).attach(elsewhere)
    with elsewhere.begin() as connection:
        connection.exec_driver_sql("SELECT 1")
        create = Maker.metadata.tables[MAKERS]
        create.create(connection)
        connection.execute(delete(table(MAKERS)))
    elsewhere.dispose()

    def leave(session: Session) -> None:
        session.execute(delete(Stock))
        session.execute(delete(Maker))

    assert REVIEWS in seen(engine, journal, leave)


def test_a_thread_with_a_copied_context_is_captured(engine: Engine, journal: Journal) -> None:
    with captured(journal) as found:
        contextvars.copy_context().run(lambda: read_labels(engine))
    assert found.tables == {LABELS}


def read_labels(engine: Engine) -> None:
    with engine.connect() as connection:
        names(connection)


def names(connection: Connection) -> list[str]:
    return list(connection.scalars(select(Label.name)))
