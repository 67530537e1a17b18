"""What was measured, for other programs: tables as CSV or JSON, and metrics for Prometheus."""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from io import StringIO
from typing import Any

import orjson

from hotroute.profiler.model.results import RouteStatement, RouteSummary, SampleHead, TimeRange
from hotroute.profiler.queries.history import History
from hotroute.profiler.queries.prometheus import metrics

__all__ = ["FORMS", "TABLES", "Export", "export", "metrics"]

MOST_SAMPLES = 10_000
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a text for a formula when a cell begins with it (OWASP, CSV Injection)."""


@dataclass(frozen=True, slots=True)
class Export:
    body: bytes
    content_type: str
    filename: str


def export(history: History, table: str, form: str, span: TimeRange) -> Export:
    """The rows of a span.

    Args:
        table: one of `TABLES`.
        form: one of `FORMS`.

    Raises:
        ValueError: there is no such table or form.
        sqlalchemy.exc.SQLAlchemyError: the storage cannot be read.
    """
    if table not in TABLES or form not in FORMS:
        raise ValueError(f"there are {', '.join(TABLES)} as {', '.join(FORMS)}")
    rows, flat = TABLES[table]
    write, content_type = FORMS[form]
    return Export(write(rows(history, span), flat), content_type, f"{table}.{form}")


def json(rows: Iterable[Any], _: Callable[[Any], dict[str, object]]) -> bytes:
    """The shapes of `summaries`, as they are."""
    return orjson.dumps(list(rows), option=orjson.OPT_INDENT_2)


def comma_separated(rows: Iterable[Any], flat: Callable[[Any], dict[str, object]]) -> bytes:
    """RFC 4180, with a line of names."""
    lines = [flat(row) for row in rows]
    names = list(dict.fromkeys(name for line in lines for name in line))
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([harmless(line.get(name, "")) for name in names] for line in lines)
    return text.getvalue().encode()


def harmless(value: object) -> object:
    """The value so that no spreadsheet computes it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def routes(history: History, span: TimeRange) -> Iterable[RouteSummary]:
    return history.routes(span)


def statements(history: History, span: TimeRange) -> Iterable[RouteStatement]:
    return history.statements(span)


def samples(history: History, span: TimeRange) -> Iterable[SampleHead]:
    return history.samples(span, limit=MOST_SAMPLES)


def flat_route(row: RouteSummary) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in ("route", "method", "requests", "errors", "refused", "seconds")},
        **asdict(row.latency),
        **{f"mean {name}": value for name, value in (asdict(row.split) if row.split else {}).items()},
        **{f"cache {outcome}": count for outcome, count in row.cache.items()},
    }


def flat_statement(row: RouteStatement) -> dict[str, object]:
    return {"route": row.route, "method": row.method, **asdict(row.statement)}


TABLES: Mapping[str, tuple[Callable[[History, TimeRange], Iterable[Any]], Callable[[Any], dict[str, object]]]] = {
    "routes": (routes, flat_route),
    "statements": (statements, flat_statement),
    "samples": (samples, asdict),
}
FORMS: Mapping[str, tuple[Callable[..., bytes], str]] = {
    "csv": (comma_separated, "text/csv; charset=utf-8"),
    "json": (json, "application/json"),
}
