"""A violated unique constraint names its columns, whatever the table."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import (
    Column,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
)
from sqlalchemy.exc import IntegrityError

from hotroute.database import constraints
from tests import databases

metadata = MetaData()
items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sku", String(20), unique=True),
    Column("shelf", Integer),
    Column("Place", Integer),
    Column("name", String(20), nullable=False),
    Column("parent", Integer, ForeignKey("items.id")),
    UniqueConstraint("shelf", "Place"),
)
Index("ix_items_name", func.lower(items.c.name), unique=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'items.db'}"
    if request.param == "postgresql":
        server: str = request.getfixturevalue("postgresql_url")
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS items WITH (FORCE)")
            connection.execute("CREATE DATABASE items")
        url = server.replace("/postgres?", "/items?")
    with databases.connected(url) as made:
        metadata.create_all(made)
        with made.begin() as connection:
            connection.execute(insert(items), {"id": 70, "sku": "a=(1)", "shelf": 1, "Place": 2, "name": "Nail"})
        yield made


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        ({"sku": "a=(1)", "name": "b"}, ["sku"]),
        ({"shelf": 1, "Place": 2, "name": "b"}, ["shelf", "Place"]),
        ({"id": 70, "name": "b"}, ["id"]),
        ({"name": "NAIL"}, ["ix_items_name"]),
        ({"name": None}, []),
        ({"name": "b", "parent": 99}, []),
    ],
    ids=["second column", "two columns", "primary key", "expression", "not null", "foreign key"],
)
def test_a_violation_names_its_columns(engine: Engine, row: dict[str, object], columns: list[str]) -> None:
    with engine.connect() as connection, pytest.raises(IntegrityError) as raised:
        connection.execute(insert(items), row)
    assert constraints.get_columns(raised.value) == columns
