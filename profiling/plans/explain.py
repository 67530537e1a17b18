"""How a database goes about a statement, in its own words."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

from profiling.plans.cases import Case

TIMES = 7
SUSPECT = re.compile(
    r"SCAN (?!CONSTANT ROW|page( LEFT-JOIN)?$|question$)\w+.*|AUTOMATIC.*|(?<=  )USE TEMP B-TREE.*"  # SQLite
    r"|Seq Scan on \w+|Sort  .* rows=\d{4,}\."  # PostgreSQL
)
"""A scan, or a sort of more than a page. Not each is bad: a scan may stop when the page is full, a table be tiny."""
MODES = {"sqlite": ("",), "postgresql": ("force_custom_plan", "force_generic_plan")}
"""PostgreSQL plans a prepared statement for its values at first, and may settle on one plan for all of them later."""


class Sent(NamedTuple):
    """A statement as the driver got it."""

    sql: str
    parameters: Any


class Explained(NamedTuple):
    """A case, the milliseconds it takes (median) in each mode of planning, and the plan of each of its statements."""

    case: Case
    milliseconds: list[float]
    plans: list[tuple[Sent, list[str]]]


def explain(engine: Engine, case: Case) -> Explained:
    """Run a case, then explain what it sent; whatever it changed is taken back."""
    with engine.connect() as connection, Session(connection, expire_on_commit=False) as session:
        if engine.dialect.name == "postgresql":
            # A mode applies to prepared statements: prepare each at its first use.
            connection.connection.dbapi_connection.prepare_threshold = 0  # type: ignore[union-attr]
        with sending(connection) as sent:
            case.call(session)
        milliseconds = [] if case.writes else [measured(session, case, mode) for mode in modes(session)]
        session.rollback()
        plans = [(statement, plan(connection, statement)) for statement in sent]
        connection.rollback()
    return Explained(case, milliseconds, plans)


def modes(session: Session) -> tuple[str, ...]:
    return MODES[session.get_bind().dialect.name]


def measured(session: Session, case: Case, mode: str) -> float:
    if mode:
        session.execute(text(f"SET LOCAL plan_cache_mode = {mode}"))
    return median(timed(session, case) for _ in range(TIMES))


def timed(session: Session, case: Case) -> float:
    session.expunge_all()
    begin = perf_counter()
    case.call(session)
    return (perf_counter() - begin) * 1000


@contextmanager
def sending(connection: Connection) -> Iterator[list[Sent]]:
    sent: list[Sent] = []

    def note(_connection: Any, _cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        if not sql.startswith("BEGIN"):
            sent.append(Sent(sql, parameters[0] if many else parameters))

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(connection, "before_cursor_execute", note)


def plan(connection: Connection, statement: Sent) -> list[str]:
    if connection.dialect.name == "sqlite":
        return sqlite(connection, statement)
    explained = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement.sql}", statement.parameters)
    lines = [str(row[0]) for row in explained]
    connection.rollback()
    return lines


def sqlite(connection: Connection, statement: Sent) -> list[str]:
    """Indented by parent, as the shell of SQLite shows it."""
    depth = {0: 0}
    lines = []
    for node, parent, _, detail in connection.exec_driver_sql(
        f"EXPLAIN QUERY PLAN {statement.sql}", statement.parameters
    ):
        depth[node] = depth[parent] + 1
        lines.append("  " * depth[parent] + detail)
    return lines
