"""How many statements reach a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


class Statements(list[str]):
    """SQL texts in the order in which they were sent, without what only controls a transaction."""

    def add(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.lstrip().upper().startswith(CONTROL):
            self.append(statement)


@contextmanager
def assert_max_queries(most: int, engine: Engine) -> Iterator[Statements]:
    """Within the block, `engine` is sent at most so many statements; gives those that were sent so far."""
    __tracebackhide__ = True
    sent = Statements()
    event.listen(engine, "before_cursor_execute", sent.add)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", sent.add)
    if len(sent) > most:
        listed = "\n".join(f"  {number}. {' '.join(text.split())}" for number, text in enumerate(sent, 1))
        raise AssertionError(f"expected at most {most} statements, there were {len(sent)}:\n{listed}")
