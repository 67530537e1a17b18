"""A SQLite table that a migration copies keeps its triggers, and its indexes as they were."""

import pytest
from alembic import command
from sqlalchemy import Engine, text

from hotroute.migrations.sqlite_objects import LostObjectError
from tests.migrations.library import Migrations, contents, fill
from tests.migrations.test_rows import CHANGES, batch

pytestmark = [
    pytest.mark.parametrize("url", ["sqlite"], indirect=True),
    # What Alembic cannot describe is made anew.
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index"),
]

OBJECTS = {
    "expression": "CREATE UNIQUE INDEX ix_expression ON authors (lower(name))",
    "partial expression": "CREATE INDEX ix_partial ON authors (born + 1) WHERE born > 1",
    "collation": "CREATE UNIQUE INDEX ix_collation ON authors (name COLLATE NOCASE)",
    "descending": "CREATE INDEX ix_descending ON authors (born DESC, name)",
    "trigger": "CREATE TRIGGER tr_spare AFTER UPDATE ON authors BEGIN UPDATE books SET title = new.name; END",
    "two": "CREATE TRIGGER tr_two BEFORE DELETE ON authors BEGIN SELECT RAISE(ABORT, 'no'); END",
}


def prepare(migrations: Migrations, engine: Engine, *objects: str) -> None:
    command.upgrade(migrations.config(engine), "1")
    fill(engine)
    with engine.begin() as connection:
        for each in objects:
            connection.exec_driver_sql(each)


def sql(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        statement = "SELECT sql FROM sqlite_master WHERE tbl_name = 'authors' AND type <> 'table' AND sql IS NOT NULL"
        return set(connection.scalars(text(statement)))


@pytest.mark.parametrize("name", OBJECTS)
def test_a_copied_table_keeps_its_objects(migrations: Migrations, engine: Engine, name: str) -> None:
    migrations.add("2", "1", CHANGES["nullable"].upgrade, CHANGES["nullable"].downgrade)
    prepare(migrations, engine, OBJECTS[name])
    before = contents(engine)
    command.upgrade(migrations.config(engine), "2")
    assert sql(engine) == {OBJECTS[name]}
    command.downgrade(migrations.config(engine), "1")
    assert sql(engine) == {OBJECTS[name]}
    assert contents(engine) == before


def test_two_copies_in_one_migration_keep_them_all(migrations: Migrations, engine: Engine) -> None:
    migrations.add("2", "1", f"{CHANGES['nullable'].upgrade}\n{CHANGES['type'].upgrade}")
    prepare(migrations, engine, *OBJECTS.values())
    command.upgrade(migrations.config(engine), "2")
    assert sql(engine) == {*OBJECTS.values()}


def test_what_a_migration_drops_itself_stays_dropped(migrations: Migrations, engine: Engine) -> None:
    drop = '    op.execute("DROP TRIGGER tr_two")\n    op.execute("DROP INDEX ix_expression")\n'
    migrations.add("2", "1", drop + CHANGES["nullable"].upgrade)
    prepare(migrations, engine, OBJECTS["two"], OBJECTS["expression"])
    command.upgrade(migrations.config(engine), "2")
    assert sql(engine) == set()


@pytest.mark.parametrize(
    ("object_", "named"),
    [
        ("CREATE INDEX ix_lost ON authors (lower(spare))", "the index ix_lost does not fit the new authors"),
        (
            "CREATE TRIGGER tr_lost AFTER INSERT ON authors BEGIN UPDATE authors SET spare = 'x'; END",
            "the trigger tr_lost does not fit the new authors",
        ),
    ],
)
def test_what_does_not_fit_any_more_is_named_and_everything_stays(
    migrations: Migrations, engine: Engine, object_: str, named: str
) -> None:
    migrations.add("2", "1", batch('drop_column("spare")'))
    prepare(migrations, engine, object_)
    before = contents(engine)
    with pytest.raises(LostObjectError, match=named):
        command.upgrade(migrations.config(engine), "2")
    assert sql(engine) == {object_}
    assert contents(engine) == before
