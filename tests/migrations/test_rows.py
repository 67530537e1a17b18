"""No kind of change to a table that others refer to loses a row, up or down."""

from typing import NamedTuple

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Engine, text

from hotroute.migrations import BrokenReferencesError
from tests.migrations.library import Migrations, contents, fill


class Change(NamedTuple):
    """A migration as Alembic generates it."""

    upgrade: str
    downgrade: str
    authors: str = "authors"


def batch(*operations: str) -> str:
    begin = '    with op.batch_alter_table("authors") as batch:'
    return "\n".join((begin, *(f"        batch.{each}" for each in operations)))


ALWAYS = (
    '    always = "always" if op.get_bind().dialect.name == "sqlite" else "never"\n'
    '    with op.batch_alter_table("authors", recreate=always) as batch:\n'
    "        batch."
)

CHANGES = {
    "nullable": Change(
        batch('alter_column("name", existing_type=sa.String(50), nullable=True)'),
        batch('alter_column("name", existing_type=sa.String(50), nullable=False)'),
    ),
    "type": Change(
        batch('alter_column("name", existing_type=sa.String(50), type_=sa.Text())'),
        batch('alter_column("name", existing_type=sa.Text(), type_=sa.String(50))'),
    ),
    "rename a column": Change(
        batch('alter_column("name", new_column_name="called")'), batch('alter_column("called", new_column_name="name")')
    ),
    "rename the table": Change(
        '    op.rename_table("authors", "writers")', '    op.rename_table("writers", "authors")', "writers"
    ),
    "constraint": Change(
        batch('create_unique_constraint("uq_authors_name", ["name"])'),
        batch('drop_constraint("uq_authors_name", type_="unique")'),
    ),
    "check": Change(
        batch('create_check_constraint("ck_authors_born", "born > 0")'),
        batch('drop_constraint("ck_authors_born", type_="check")'),
    ),
    "index": Change(batch('create_index("ix_authors_born", ["born"])'), batch('drop_index("ix_authors_born")')),
    "drop a column": Change(batch('drop_column("spare")'), batch('add_column(sa.Column("spare", sa.String(50)))')),
    "copy always": Change(ALWAYS + 'drop_column("spare")', ALWAYS + 'add_column(sa.Column("spare", sa.String(50)))'),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_keeps_every_row_up_and_down(migrations: Migrations, engine: Engine, change: Change) -> None:
    migrations.add("2", "1", change.upgrade, change.downgrade)
    command.upgrade(migrations.config(engine), "1")
    fill(engine)
    before = contents(engine)
    command.upgrade(migrations.config(engine), "2")
    assert contents(engine, change.authors) == before
    command.downgrade(migrations.config(engine), "1")
    assert contents(engine) == before
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM authors WHERE name = 'Bram'"))
    assert contents(engine)["books"] == [(1, 1, "Notes")]


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_copied_table_never_gives_a_key_twice(migrations: Migrations, engine: Engine) -> None:
    migrations.add("2", "1", CHANGES["nullable"].upgrade)
    command.upgrade(migrations.config(engine), "1")
    fill(engine)
    command.upgrade(migrations.config(engine), "2")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO authors (name, born) VALUES ('Dora', 1910)"))
        assert connection.scalar(text("SELECT id FROM authors WHERE name = 'Dora'")) == 5
        connection.execute(text("DELETE FROM authors WHERE name = 'Dora'"))
        connection.execute(text("INSERT INTO authors (name, born) VALUES ('Emil', 1911)"))
        assert connection.scalar(text("SELECT id FROM authors WHERE name = 'Emil'")) == 6


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_a_copied_table_without_row_ids_stays_one(migrations: Migrations, engine: Engine) -> None:
    change = batch('alter_column("stars", existing_type=sa.Integer(), nullable=True)').replace("authors", "reviews")
    migrations.add("2", "1", change)
    command.upgrade(migrations.config(engine), "2")
    with engine.connect() as connection:
        sql = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'reviews'"))
    assert "WITHOUT ROWID" in sql


def test_rows_that_would_refer_to_nothing_are_named_and_everything_is_rolled_back(
    migrations: Migrations, engine: Engine
) -> None:
    migrations.add("2", "1", batch('alter_column("name", new_column_name="called")'))
    migrations.add("3", "2", "    op.execute(\"INSERT INTO books (id, author_id, title) VALUES (70, 99, 'Nobody')\")")
    command.upgrade(migrations.config(engine), "1")
    fill(engine)
    before = contents(engine)
    names = r"books row 70 -> authors \(author_id\)" if engine.dialect.name == "sqlite" else r"author_id\)=\(99\)"
    with pytest.raises(Exception, match=names) as raised:
        command.upgrade(migrations.config(engine), "head")
    assert engine.dialect.name != "sqlite" or raised.type is BrokenReferencesError
    assert issubclass(BrokenReferencesError, CommandError)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "1"
        assert connection.scalar(text("SELECT count(name) FROM authors")) == 3
    assert contents(engine) == before


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_foreign_keys_are_on_again_after_a_migration_that_failed(migrations: Migrations, engine: Engine) -> None:
    migrations.add("2", "1", "    raise RuntimeError('no')")
    with pytest.raises(RuntimeError, match="no"):
        command.upgrade(migrations.config(engine), "head")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar() == 0
