"""What a page is asked for: a span of time, a release, an order, a filter; all in the query, so that a link says it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from time import time

from flask import request

from hotroute.profiler.model.results import TimeRange

SPANS = {
    "15m": ("15 min", 900),
    "1h": ("1 h", 3600),
    "6h": ("6 h", 6 * 3600),
    "24h": ("24 h", 24 * 3600),
    "7d": ("7 d", 7 * 24 * 3600),
    "30d": ("30 d", 30 * 24 * 3600),
}
"""By what the query says: what a person reads, and seconds until now."""

USUAL = "1h"
CUSTOM = "custom"
LONGEST = 512
"""Characters of a value of the query that are looked at."""

MOST = 400
"""Days of a span: more is never kept."""


@dataclass(frozen=True)
class PageQuery:
    """What the query says.

    Attributes:
        choice: a key of `SPANS`, or `CUSTOM`.
        complaint: what is wrong with it, in words; then the span is the usual one.
    """

    choice: str
    span: TimeRange
    complaint: str = ""

    @property
    def is_live(self) -> bool:
        """Return whether the span ends now: then its last step is not over."""
        return self.choice != CUSTOM

    @property
    def kept(self) -> dict[str, str]:
        """The query of a link to another page about the same span and release."""
        release = {"release": self.span.release} if self.span.release else {}
        if self.choice == CUSTOM:
            return {"from": written(self.span.start), "to": written(self.span.end), **release}
        return {"span": self.choice, **release}


def read() -> PageQuery:
    """What the current request asks for."""
    release = value("release")
    if value("from") or value("to"):
        try:
            return PageQuery(CUSTOM, between(value("from"), value("to"), release))
        except ValueError as wrong:
            return PageQuery(USUAL, until_now(USUAL, release), str(wrong))
    choice = value("span")
    return PageQuery(known := choice if choice in SPANS else USUAL, until_now(known, release))


def value(name: str, default: str = "") -> str:
    # SQLite's and PostgreSQL's text has no NUL.
    return request.args.get(name, default)[:LONGEST].replace("\x00", "").strip()


def until_now(choice: str, release: str = "") -> TimeRange:
    now = time()
    return TimeRange(now - SPANS[choice][1], now, release)


def between(start: str, end: str, release: str = "") -> TimeRange:
    """Raises:
    ValueError: they are not times, or not in this order; the message is for a person.
    """
    span = TimeRange(moment(start, "from"), moment(end, "to") if end else time(), release)
    if span.seconds <= 0:
        raise ValueError("The span ends before it begins.")
    if span.seconds > MOST * 86400:
        raise ValueError(f"The span is longer than {MOST} days.")
    return span


def moment(text: str, name: str) -> float:
    try:
        found = datetime.fromisoformat(text)
        seconds = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        seconds = -1.0
    if not 0 <= seconds <= time() + MOST * 86400:
        raise ValueError(f"“{name}” is not a time such as 2026-11-20T07:30.")
    return seconds


def written(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S")
