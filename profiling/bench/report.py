"""The results for people and for programs: a table, Markdown, JSON."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from profiling.bench.results import Result

HEADINGS = ("what", "CPU us/request", "min - max", "x bare Flask", "requests/s", "bytes", "expected")
READING = (
    "Server CPU per request: user and system time of all server processes (Gunicorn with its workers, Redis, PostgreSQL"
    " where it is the database), divided by the requests that wrk completed. Medians of the rounds; the ratio is the"
    " median of each round's own ratio. Requests per second are of a machine that the load generator shares."
)


def table(results: Sequence[Result], style: box.Box) -> Table:
    made = Table(box=style)
    for number, heading in enumerate(HEADINGS):
        is_number = 0 < number < len(HEADINGS) - 1
        made.add_column(heading, justify="right" if is_number else "left", no_wrap=is_number)
    for result in results:
        made.add_row(*cells(result), style={True: "green", False: "red"}.get(result.met, ""))  # type: ignore[arg-type]
    return made


def cells(result: Result) -> list[str]:
    site = result.case.site
    return [
        f"{result.case.name} ({site.database or site.name})",
        f"{result.cpu:.0f}",
        f"{result.lowest:.0f} - {result.highest:.0f}",
        f"{result.ratio:.2f}",
        f"{result.rate:,.0f}",
        f"{result.size:,}",
        result.verdict,
    ]


def markdown(results: Sequence[Result], facts: Mapping[str, str]) -> str:
    text = io.StringIO()
    Console(file=text, width=200).print(table(results, box.MARKDOWN))
    rows = "\n".join(line.strip() for line in text.getvalue().splitlines() if line.strip())
    known = "\n".join(f"- {name}: {fact}" for name, fact in facts.items())
    return f"# make bench\n\n{READING}\n\n{rows}\n\n{known}\n"


def document(results: Sequence[Result], facts: Mapping[str, str]) -> dict[str, Any]:
    return {"facts": dict(facts), "results": [entry(result) for result in results]}


def entry(result: Result) -> dict[str, Any]:
    numbers = {name: round(value, 2) for name, value in result._asdict().items() if name not in ("case", "limits")}
    case = {"case": result.case.name, "site": result.case.site.name, "database": result.case.site.database}
    expected = [limit._asdict() for limit in result.limits]
    return {**case, "path": result.case.path, **numbers, "expected": expected, "met": result.met}


def write(folder: Path, results: Sequence[Result], facts: Mapping[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.md").write_text(markdown(results, facts))
    (folder / "bench.json").write_text(json.dumps(document(results, facts), indent=2) + "\n")
