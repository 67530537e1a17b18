"""Types of columns that mean the same on SQLite and PostgreSQL, and names that Alembic can drop constraints by."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Numeric, TypeDecorator
from sqlalchemy.orm import mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""The naming convention for `MetaData(naming_convention=NAMES)`."""

# SQLite gives out row ids only for a column that is exactly INTEGER.
Key = BigInteger().with_variant(Integer, "sqlite")
key = Annotated[int, mapped_column(Key, primary_key=True)]

NEVER_REUSED = {"sqlite_autoincrement": True}
"""Without it SQLite gives a deleted row's id to the next one: a token of a user who is gone would fit a new user."""


def now() -> datetime:
    """Return the time in UTC, cut to the milliseconds that an API shows, so that what is stored is what was sent."""
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


class Timestamp(TypeDecorator[datetime]):
    """An aware `datetime` in UTC on both databases; SQLite itself would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        aware: datetime = value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)
        return aware


class Amount(TypeDecorator[Decimal]):
    """A `Decimal` with two places. SQLite has no such type, and keeps hundredths in an integer, which sort and add."""

    impl = Numeric(12, 2)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else Numeric(12, 2))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        return int(value * 100) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        return Decimal(value).scaleb(-2) if value is not None and dialect.name == "sqlite" else value


RENDERED = {
    Timestamp: "sa.DateTime(timezone=True)",
    Amount: 'sa.Numeric(12, 2).with_variant(sa.BigInteger(), "sqlite")',
}
"""The types as SQLAlchemy knows them: migrations outlive the models."""


def render(kind: str, item: object, _: object) -> Any:
    """Return how Alembic's `render_item` writes one of these types; False leaves it to Alembic."""
    return RENDERED.get(type(item), False) if kind == "type" else False
