"""Seeding PostgreSQL: COPY."""

from collections.abc import Iterable
from typing import Any

from psycopg import Connection as Driver
from psycopg import sql
from sqlalchemy import Connection, Table, func, select, text

from conduit.models import Article, Base, Comment, Tag, User
from hotroute.database import pooler

# A seed may take longer than a request.
SETTINGS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def prepare(connection: Connection) -> None:
    if pooler.is_used(connection.engine.url):
        # What is set for a session would stay for another client.
        return
    driver = get_driver(connection)
    for setting in SETTINGS:
        driver.execute(sql.SQL("SET {} = 0").format(sql.Identifier(setting)))
    driver.commit()


def lock(connection: Connection) -> None:
    # In the transaction too: behind a pooler its limits have just been set there.
    connection.execute(select(*(func.set_config(name, "0", True) for name in SETTINGS)))
    # Readers pass; a second seed waits and then finds the users of the first.
    connection.execute(text("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"))


def write(connection: Connection, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """As COPY, each value in the form that its column's type gives it for an INSERT (JSON among them)."""
    names = table.columns.keys()
    forms = {name: table.columns[name].type.dialect_impl(connection.dialect) for name in names}
    found = {name: form.bind_processor(connection.dialect) for name, form in forms.items()}
    processors = {name: processor for name, processor in found.items() if processor}
    target = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table.name), sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with get_driver(connection).cursor().copy(target) as stream:
        for row in rows:
            values = {name: processor(row[name]) for name, processor in processors.items()}
            stream.write_row([values.get(name, row[name]) for name in names])


def finish(connection: Connection) -> None:
    for model in (User, Tag, Article, Comment):
        name = func.pg_get_serial_sequence(model.__tablename__, "id")
        connection.execute(select(func.setval(name, func.max(model.id))))


def settle(connection: Connection) -> None:
    """VACUUM too: index-only scans need the visibility map, which is otherwise made by the first autovacuum."""
    driver = get_driver(connection)
    driver.autocommit = True
    tables = sql.SQL(", ").join(map(sql.Identifier, Base.metadata.tables))
    driver.execute(sql.SQL("VACUUM (ANALYZE) {}").format(tables))


def get_driver(connection: Connection) -> Driver[Any]:
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, Driver)  # noqa: S101
    return driver
