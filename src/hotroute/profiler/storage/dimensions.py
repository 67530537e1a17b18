"""What rows' numbers stand for: routes, statements, workers. Each process writes down once those that it uses."""

from typing import Any

from sqlalchemy import Table

from hotroute.profiler.model.records import OTHER_ROUTES
from hotroute.profiler.storage import schema

MOST = 20_000
"""Names that a process remembers of each kind; what comes later is among the others."""

OTHER_STATEMENTS = "(other statements)"
LONGEST = {"route": 500, "method": 20, "cache": 40, "fingerprint": 200, "text": 4_000, "place": 300}


def clean(text: str, most: int) -> str:
    """The text without what a database refuses: NUL, and surrogates that stand alone."""
    return text[:most].replace("\0", "").encode("utf-8", "replace").decode()


class Dimensions:
    """Numbers by names.

    Attributes:
        unwritten: rows that no successful write has contained, by table and number.
    """

    def __init__(self) -> None:
        self.found: dict[tuple[str, ...], int] = {}
        self.counts = {schema.series.name: 0, schema.statements.name: 0}
        self.unwritten: dict[Table, dict[int, dict[str, Any]]] = {schema.series: {}, schema.statements: {}}

    def series(self, route: str, method: str, cache: str) -> int:
        known = self.found.get((route, method, cache))
        if known is not None:
            return known
        if self.full(schema.series) and route != OTHER_ROUTES:
            return self.series(OTHER_ROUTES, method, cache)
        return self.add(schema.series, route=route, method=method, cache=cache)

    def statement(self, fingerprint: str, place: str, text: str) -> int:
        known = self.found.get((fingerprint, place))
        if known is not None:
            return known
        if self.full(schema.statements) and fingerprint != OTHER_STATEMENTS:
            return self.statement(OTHER_STATEMENTS, "", OTHER_STATEMENTS)
        return self.add(schema.statements, fingerprint=fingerprint, place=place, text=text)

    def full(self, table: Table) -> bool:
        return self.counts[table.name] >= MOST

    def add(self, table: Table, **names: str) -> int:
        row = {name: clean(value, LONGEST[name]) for name, value in names.items()}
        number = schema.identity(*(value for name, value in row.items() if name != "text"))
        self.unwritten[table][number] = {"id": number, **row}
        self.found[tuple(value for name, value in names.items() if name != "text")] = number
        self.counts[table.name] += 1
        return number

    def written(self) -> None:
        for rows in self.unwritten.values():
            rows.clear()
