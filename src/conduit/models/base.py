"""What every table shares: the metadata with its naming convention, the key type and the timestamp type."""

from datetime import UTC, datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, mapped_column

# Alembic can only drop a constraint that has a name, on both databases the same one.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite gives out row ids only for a column that is exactly INTEGER.
Key = BigInteger().with_variant(Integer, "sqlite")
key = Annotated[int, mapped_column(Key, primary_key=True)]

NEVER_REUSED = {"sqlite_autoincrement": True}
"""Without it SQLite gives a deleted row's id to the next one: a token of a user who is gone would fit a new user."""


def now() -> datetime:
    """The time in UTC, cut to the milliseconds that the API shows, so that what is stored is what was answered."""
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


class Base(DeclarativeBase):
    """The declarative base of Conduit's models."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: Timestamp()}  # noqa: RUF012
