"""The columns whose unique constraint a write violated, on SQLite and PostgreSQL."""

import re

from sqlalchemy.exc import IntegrityError

POSTGRESQL_UNIQUE = "23505"
"""The SQLSTATE of a unique violation."""

SQLITE_UNIQUE = re.compile(r"UNIQUE constraint failed: (?P<columns>.+)")
KEY = re.compile(r"\((?P<columns>.+?)\)=\(")
"""PostgreSQL's detail in every language: the columns, then their values, each within parentheses."""


class UniqueViolationError(Exception):
    """A write of a value that must be unique and that another row has."""

    def __init__(self, *columns: str) -> None:
        super().__init__(f"taken already: {', '.join(columns)}")
        self.columns = columns


def get_columns(violation: IntegrityError) -> list[str]:
    """Return the columns' names; [] where the violated constraint is no unique one.

    Of an index on an expression it is the index's name.
    """
    diagnosis = getattr(violation.orig, "diag", None)
    if diagnosis is None:
        found = SQLITE_UNIQUE.search(str(violation.orig))
        return [last_name(column) for column in found["columns"].split(", ")] if found else []
    if diagnosis.sqlstate != POSTGRESQL_UNIQUE:
        return []
    key = KEY.search(diagnosis.message_detail or "")
    if key is None or "(" in key["columns"]:
        return [diagnosis.constraint_name]
    return [last_name(column) for column in key["columns"].split(", ")]


def last_name(column: str) -> str:
    """Return "email" of `users.email`, `"email"` and `index 'email'`."""
    return re.split(r"[.\s]", column)[-1].strip("\"'")
