"""What is in a database, as it is and as a digest."""

import hashlib
from typing import Any

from sqlalchemy import JSON, Engine, Row, Table, Text, cast, func, select

from conduit.models import Base

TABLES = list(Base.metadata.sorted_tables)


def rows(engine: Engine, name: str) -> list[Row[Any]]:
    """A table's rows, in the order of its key."""
    table = Base.metadata.tables[name]
    with engine.connect() as connection:
        return list(connection.execute(table.select().order_by(*table.primary_key)))


def counted(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {table.name: connection.scalars(select(func.count()).select_from(table)).one() for table in TABLES}


def digest(engine: Engine) -> dict[str, str]:
    """Every table's rows in one hash each; demo's password hash, the one value that differs, is left out."""
    with engine.connect() as connection:
        return {table.name: digested(connection.execute(selected(table)).all()) for table in TABLES}


def selected(table: Table) -> Any:
    # JSON as the text that is stored, so that a space in it would count.
    columns = [cast(column, Text) if isinstance(column.type, JSON) else column for column in table.columns]
    return select(*columns).order_by(*table.primary_key)


def digested(found: Any) -> str:
    text = repr([[value for value in row if not str(value).startswith("$argon2id$")] for row in found])
    return hashlib.sha256(text.encode()).hexdigest()
