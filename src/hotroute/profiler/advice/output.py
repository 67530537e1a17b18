"""Advice as a terminal shows it, and as a program reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from textwrap import fill
from typing import Any

from rich.console import Console
from rich.text import Text

from hotroute.profiler.advice import words
from hotroute.profiler.advice.recommendation import Advice, Severity
from hotroute.profiler.advice.server import Serving
from hotroute.profiler.model.results import TimeRange

SCHEMA = 1
"""Raised when a name is taken away or means something else; names may be added."""

STYLES: dict[Severity, str] = {"high": "bold red", "medium": "yellow", "low": "green"}


def document(span: TimeRange, serving: Serving, advice: Sequence[Advice]) -> dict[str, Any]:
    """JSON types only; times are Unix seconds."""
    return {
        "schema": SCHEMA,
        "span": {"start": span.start, "end": span.end, "release": span.release},
        "serving": asdict(serving),
        "advice": [entry(each) for each in advice],
    }


def entry(advice: Advice) -> dict[str, Any]:
    return {
        "kind": advice.kind,
        "severity": advice.severity,
        "method": advice.method,
        "route": advice.route,
        "title": advice.title,
        "text": advice.text,
        "do": advice.do,
        "gain_seconds": advice.gain,
        "numbers": dict(advice.numbers),
    }


def show(console: Console, advice: Sequence[Advice]) -> None:
    for each in advice:
        console.print(Text.assemble((each.severity.upper(), STYLES[each.severity]), " ", (plain(each.title), "bold")))
        for paragraph in paragraphs(each):
            console.print(Text(fill(plain(paragraph), console.width, initial_indent="  ", subsequent_indent="  ")))
        console.print()


def paragraphs(advice: Advice) -> Iterator[str]:
    yield advice.text
    yield f"> {advice.do}"
    if advice.gain:
        yield f"Worth up to {words.duration(advice.gain)} of request time in this span."


def plain(text: str) -> str:
    """Without what a terminal would obey: a statement or a route is not ours to trust."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
