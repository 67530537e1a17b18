"""Row tags: what a flush changes is said by row, all else by `<table>!bulk`, on both databases."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from sqlalchemy import Connection, Engine, create_engine, delete, event, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapper, Session, defer

from hotroute.cache.tracking.row_tags import RowTags
from hotroute.cache.tracking.writes import WriteTracker
from hotroute.database import engines
from tests.cache.model.journal import Journal
from tests.cache.shop import Base, Label, Maker, Product, Review, Stock
from tests.databases import driver


@pytest.fixture(scope="module", autouse=True)
def _registered() -> Iterator[None]:
    rows = RowTags()
    rows.register(Product, "slug", name="product")
    rows.register(Review, "id", "product_id", name="review")
    yield
    rows.remove()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def engine(database_url: str, journal: Journal) -> Iterator[Engine]:
    made = create_engine(**engines.options(driver(database_url), pool_size=2, timeout=5))
    engines.prepare(made)
    Base.metadata.drop_all(made)
    Base.metadata.create_all(made)
    with Session(made) as session, session.begin():
        reviews = [Review(text="one"), Review(text="two")]
        session.add(Product(slug="tea", maker=Maker(name="Ada"), labels=[Label(name="old")], reviews=reviews))
    WriteTracker(journal).attach(made)
    yield made
    Base.metadata.drop_all(made)
    made.dispose()


def seen(engine: Engine, journal: Journal, act: Callable[[Session], object]) -> set[str]:
    with Session(engine) as session:
        act(session)
        session.commit()
    return journal.touched


def tea(session: Session) -> Product:
    return session.scalars(select(Product).where(Product.slug == "tea")).unique().one()


@pytest.fixture
def rows() -> Iterator[RowTags]:
    """For what a single test registers besides."""
    made = RowTags()
    yield made
    made.remove()


def test_a_change_says_its_row_and_not_the_others(engine: Engine, journal: Journal) -> None:
    def act(session: Session) -> None:
        tea(session).price = 7

    assert seen(engine, journal, act) == {"shop_product", "product:tea"}


def test_who_listens_no_more_leaves_the_others(engine: Engine, journal: Journal) -> None:
    other = RowTags()
    other.register(Product, "slug", name="other")
    other.remove()
    assert seen(engine, journal, lambda session: setattr(tea(session), "price", 7)) == {"shop_product", "product:tea"}


def test_a_new_row_says_its_key(engine: Engine, journal: Journal) -> None:
    assert seen(engine, journal, lambda session: session.add(Product(slug="milk"))) == {"shop_product", "product:milk"}


def test_a_key_that_the_database_makes_is_said(engine: Engine, journal: Journal) -> None:
    tags = seen(engine, journal, lambda session: session.add(Review(product_id=1)))
    assert tags == {"shop_review", "review:3", "review:1"}


def test_a_changed_key_says_the_old_and_the_new(engine: Engine, journal: Journal) -> None:
    def act(session: Session) -> None:
        tea(session).slug = "coffee"

    assert seen(engine, journal, act) >= {"product:tea", "product:coffee"}
    assert "shop_product!bulk" not in journal.touched


def test_a_key_that_is_set_unseen_says_the_old_one_too(engine: Engine, journal: Journal) -> None:
    def act(session: Session) -> None:
        product = tea(session)
        session.expire(product)
        product.slug = "coffee"

    assert seen(engine, journal, act) >= {"product:tea", "product:coffee"}


def test_a_deleted_row_says_its_key(engine: Engine, journal: Journal) -> None:
    assert "product:tea" in seen(engine, journal, lambda session: session.delete(tea(session)))


def test_a_row_whose_key_was_not_loaded_is_said_in_bulk(engine: Engine, journal: Journal) -> None:
    def act(session: Session) -> None:
        product = session.scalars(select(Product).options(defer(Product.slug))).unique().one()
        product.price = 7

    assert "shop_product!bulk" in seen(engine, journal, act)


def test_a_key_from_an_expression_is_said_in_bulk(engine: Engine, journal: Journal) -> None:
    def act(session: Session) -> None:
        tea(session).slug = func.lower("COFFEE")

    assert "shop_product!bulk" in seen(engine, journal, act)


def test_an_orphan_that_the_flush_finds_is_said(engine: Engine, journal: Journal) -> None:
    def act(session: Session) -> None:
        product = tea(session)
        del product.reviews[0]

    assert "review:1" in seen(engine, journal, act)


def test_a_foreign_key_that_the_flush_fills_in_is_said(engine: Engine, journal: Journal) -> None:
    def act(session: Session) -> None:
        product = Product(slug="milk", reviews=list(tea(session).reviews[:1]))
        session.add(product)

    assert {"review:1", "review:2"} <= seen(engine, journal, act), "the review, and its old and new product"


@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.execute(update(Product).values(price=7)),
        lambda session: session.bulk_update_mappings(Product, [{"id": 1, "price": 7}]),
        lambda session: session.execute(insert(Product), [{"slug": "a"}, {"slug": "b"}]),
        lambda session: session.connection().execute(delete(Product)),
    ],
)
def test_what_is_written_outside_of_a_flush_is_said_in_bulk(
    engine: Engine, journal: Journal, act: Callable[[Session], object]
) -> None:
    assert "shop_product!bulk" in seen(engine, journal, act)


def test_bulk_after_a_flush_is_bulk(engine: Engine, journal: Journal) -> None:
    def act(session: Session) -> None:
        tea(session).price = 7
        session.flush()
        assert "shop_product!bulk" not in session.connection().info["hotroute.touched"]
        session.execute(update(Product).values(price=8))

    assert "shop_product!bulk" in seen(engine, journal, act)


def test_legacy_bulk_after_a_flush_that_failed_in_a_savepoint_is_bulk(engine: Engine, journal: Journal) -> None:
    def act(session: Session) -> None:
        with suppress(IntegrityError), session.begin_nested():
            session.add(Product(slug="tea"))
        session.bulk_update_mappings(Product, [{"id": 1, "price": 7}])

    assert "shop_product!bulk" in seen(engine, journal, act)


def test_what_an_event_of_the_flush_writes_by_itself_is_bulk(engine: Engine, journal: Journal) -> None:
    def count(_mapper: Mapper[Review], connection: Connection, _review: Review) -> None:
        connection.execute(update(Product).values(price=Product.price + 1))

    def act(session: Session) -> None:
        tea(session).price = 7
        session.add(Review(product_id=1))

    event.listen(Review, "after_insert", count)
    try:
        assert "shop_product!bulk" in seen(engine, journal, act)
    finally:
        event.remove(Review, "after_insert", count)


PRICES = [{"id": 1, "price": 8}]


@pytest.mark.parametrize(
    "write",
    [
        lambda session: session.bulk_update_mappings(Product, PRICES),
        lambda session: session.bulk_insert_mappings(Product, [{"slug": "milk"}]),
        lambda session: session.bulk_save_objects([Product(slug="milk")]),
        lambda session: session.execute(update(Product), PRICES),
        lambda session: session.execute(insert(Product), [{"slug": "milk"}]),
    ],
)
@pytest.mark.parametrize("own", [True, False])
def test_what_an_event_of_the_flush_writes_by_a_bulk_method_is_bulk(
    engine: Engine, journal: Journal, write: Callable[[Session], object], own: bool
) -> None:
    def act(session: Session) -> None:
        def later(_mapper: Mapper[Product], connection: Connection, _product: Product) -> None:
            write(session if own else Session(connection))

        event.listen(Product, "after_update", later)
        try:
            tea(session).maker_id = None
            session.flush()
        finally:
            event.remove(Product, "after_update", later)

    assert "shop_product!bulk" in seen(engine, journal, act)


def test_what_an_event_of_the_flush_flushes_in_another_session_is_said_by_row(engine: Engine, journal: Journal) -> None:
    def review(_mapper: Mapper[Product], connection: Connection, product: Product) -> None:
        with Session(connection) as session:
            session.add(Review(product_id=product.id))
            session.commit()  # not of the connection's transaction, which is another session's

    def act(session: Session) -> None:
        first, second = tea(session), Product(slug="milk")
        session.add(second)
        first.price = second.price = 7

    event.listen(Product, "after_insert", review)
    try:
        tags = seen(engine, journal, act)
    finally:
        event.remove(Product, "after_insert", review)
    assert not {tag for tag in tags if tag.endswith("!bulk")}


def test_what_the_database_deletes_along_with_a_flush_is_bulk(engine: Engine, journal: Journal) -> None:
    def act(session: Session) -> None:
        maker = session.get_one(Maker, 1)
        session.add(Review(product_id=1))  # in the same flush, which says its own review by row
        session.delete(maker)

    assert {"shop_product!bulk", "shop_review!bulk"} <= seen(engine, journal, act)


def test_models_that_are_not_registered_are_bulk(engine: Engine, journal: Journal) -> None:
    assert "shop_stock!bulk" in seen(engine, journal, lambda session: session.add(Stock(slug="tea")))


def test_what_a_rolled_back_savepoint_wrote_may_be_said_but_never_hides_the_rest(
    engine: Engine, journal: Journal
) -> None:
    def act(session: Session) -> None:
        tea(session).price = 7
        with suppress(ZeroDivisionError), session.begin_nested():
            tea(session).slug = "coffee"
            session.flush()
            raise ZeroDivisionError

    assert "product:tea" in seen(engine, journal, act)


CHANGES: dict[str, tuple[Callable[[Session], object], bool]] = {
    "the attribute": (lambda session: setattr(tea(session), "price", 7), True),
    "the attribute, by an expression": (lambda session: setattr(tea(session), "price", Product.price + 1), True),
    "the attribute, to what it is": (lambda session: setattr(tea(session), "price", 0), False),
    "another attribute": (lambda session: setattr(tea(session), "maker_id", None), False),
    "a new row": (lambda session: session.add(Product(slug="milk", price=7)), False),
    "the end of a row": (lambda session: session.delete(tea(session)), True),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_watched_attribute_says_when_it_changes_or_goes(
    engine: Engine, journal: Journal, rows: RowTags, change: str
) -> None:
    rows.watch(Product, "price", name="prices")
    act, said = CHANGES[change]
    assert ("prices" in seen(engine, journal, act)) == said
    assert "shop_product!bulk" not in journal.touched


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_that_is_registered_for_some_attributes_says_nothing_about_others(
    engine: Engine, journal: Journal, rows: RowTags, change: str
) -> None:
    rows.register(Product, "slug", name="priced", of=("price",))
    act, said = CHANGES[change]
    expected = {"priced:milk"} if change == "a new row" else {"priced:tea"} if said else set()
    assert {tag for tag in seen(engine, journal, act) if tag.startswith("priced:")} == expected


def test_an_attribute_that_another_listener_changes_is_said(engine: Engine, journal: Journal, rows: RowTags) -> None:
    rows.watch(Product, "price", name="prices")

    def raise_price(_mapper: Mapper[Product], _connection: Connection, product: Product) -> None:
        product.price = 9

    event.listen(Product, "before_update", raise_price)
    try:
        assert "prices" in seen(engine, journal, lambda session: setattr(tea(session), "maker_id", None))
    finally:
        event.remove(Product, "before_update", raise_price)


def slug_of(stock: Stock) -> str:
    return f"of {stock.slug}"


def test_a_function_gives_the_key_of_a_row_that_comes_or_goes(engine: Engine, journal: Journal, rows: RowTags) -> None:
    rows.register(Stock, slug_of, name="stock")
    assert seen(engine, journal, lambda session: session.add(Stock(slug="tea"))) == {"shop_stock", "stock:of tea"}
    journal.steps.clear()
    assert seen(engine, journal, lambda session: session.delete(session.get_one(Stock, 1))) == {
        "shop_stock",
        "stock:of tea",
    }


def test_a_row_that_stays_is_said_in_bulk_where_a_function_gives_its_key(
    engine: Engine, journal: Journal, rows: RowTags
) -> None:
    rows.register(Stock, slug_of, name="stock")
    seen(engine, journal, lambda session: session.add(Stock(slug="tea")))
    journal.steps.clear()
    assert "shop_stock!bulk" in seen(engine, journal, lambda session: setattr(session.get_one(Stock, 1), "slug", None))


def test_a_function_that_does_not_know_says_bulk(engine: Engine, journal: Journal, rows: RowTags) -> None:
    rows.register(Stock, lambda _: None, name="stock")
    assert "shop_stock!bulk" in seen(engine, journal, lambda session: session.add(Stock()))
