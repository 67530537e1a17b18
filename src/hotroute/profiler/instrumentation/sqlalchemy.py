"""What a request asks of its databases, timed in SQLAlchemy's dialect, where only the driver is left to wait for."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

from sqlalchemy import Engine, TextClause, event

from hotroute.instrumentation import current
from hotroute.profiler.request.trace import Trace

TEXT = "\0"
"""Before a statement that somebody wrote as a string: what is within double quotes may be a value."""

EVENTS = ("do_execute", "do_executemany")


def watch(engine: Engine) -> None:
    """Time the engine's statements for whoever looks at a request (SQLAlchemy, DialectEvents)."""
    for name in EVENTS:
        event.listen(engine, name, timed(name))
    event.listen(engine, "do_execute_no_params", without_parameters)
    engine.dialect.do_commit = committing(engine.dialect.do_commit)  # type: ignore[assignment,method-assign]


def timed(name: str) -> Callable[..., bool | None]:
    def execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
        look = current.get()
        if look is None:
            return None
        began = perf_counter()
        try:
            getattr(context.dialect, name)(cursor, statement, parameters, context)
        finally:
            look.record_event("sql", began, marked(statement, context))
        return True

    return execute


def without_parameters(cursor: Any, statement: str, context: Any) -> bool | None:
    look = current.get()
    if look is None:
        return None
    began = perf_counter()
    try:
        context.dialect.do_execute_no_params(cursor, statement, context)
    finally:
        look.record_event("sql", began, marked(statement, context))
    return True


def marked(statement: str, context: Any) -> str:
    compiled = getattr(context, "compiled", None)
    written = compiled is None or isinstance(compiled.statement, TextClause)
    return TEXT + statement if written else statement


def committing(commit: Callable[[Any], None]) -> Callable[[Any], None]:
    """COMMIT, where a database waits for its disk; SQLAlchemy has no event that could time it."""

    def do_commit(connection: Any) -> None:
        look = current.get()
        if not isinstance(look, Trace):
            return commit(connection)
        began, others = perf_counter(), look.all_spent()
        try:
            return commit(connection)
        finally:
            # What the cache asks of its store around a COMMIT has been noted by itself.
            look.add("sql", began, perf_counter() - began - (look.all_spent() - others), "COMMIT")

    return do_commit
