"""Counting the statements that reach a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event


class Statements(list[str]):
    """SQL texts in the order in which they were sent; BEGIN, SAVEPOINT and the like are not among them."""

    def add(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "PRAGMA")):
            self.append(statement)


@contextmanager
def recorded(engine: Engine) -> Iterator[Statements]:
    found = Statements()
    event.listen(engine, "before_cursor_execute", found.add)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", found.add)
