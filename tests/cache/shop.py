"""A small schema with all that a follower of writes could miss: secondary tables, cascades, mapped subclasses."""

from sqlalchemy import Column, ForeignKey, String, Table, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship


class Base(DeclarativeBase):
    """Of tables that are made and dropped by the tests that use them."""


labelled = Table(
    "shop_labelled",
    Base.metadata,
    Column("product_id", ForeignKey("shop_product.id", ondelete="CASCADE"), primary_key=True),
    Column("label_id", ForeignKey("shop_label.id"), primary_key=True),
)


class Label(Base):
    __tablename__ = "shop_label"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40), unique=True)


class Maker(Base):
    """Deleting one deletes its products in the database, and those their reviews and labels."""

    __tablename__ = "shop_maker"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    products: Mapped[list["Product"]] = relationship(back_populates="maker", passive_deletes="all")


class Review(Base):
    __tablename__ = "shop_review"
    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int | None] = mapped_column(ForeignKey("shop_product.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(String(40), default="")


class Product(Base):
    __tablename__ = "shop_product"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    price: Mapped[int] = mapped_column(default=0)
    maker_id: Mapped[int | None] = mapped_column(ForeignKey("shop_maker.id", ondelete="CASCADE"))
    maker: Mapped[Maker | None] = relationship(back_populates="products", lazy="joined")
    labels: Mapped[list[Label]] = relationship(secondary=labelled)
    reviews: Mapped[list[Review]] = relationship(cascade="all, delete-orphan")


count_reviews = select(func.count(Review.id)).where(Review.product_id == Product.id)
Product.reviewed = column_property(count_reviews.scalar_subquery())


class Stock(Base):
    """Refers to a product by a key that may change, and follows it; nothing deletes it."""

    __tablename__ = "shop_stock"
    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str | None] = mapped_column(ForeignKey("shop_product.slug", onupdate="CASCADE"))


class Promise(Base):
    """Whose foreign key is looked at in COMMIT."""

    __tablename__ = "shop_promise"
    id: Mapped[int] = mapped_column(primary_key=True)
    label_id: Mapped[int] = mapped_column(ForeignKey("shop_label.id", deferrable=True, initially="DEFERRED"))
