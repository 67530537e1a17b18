"""`python -m profiling.bench.proxy`, a part of `make bench`: measure, show, write down."""

import io
import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from tests import nginxes

from hotroute.serving.nginx.binary import dotted, inspect
from profiling.bench import machine, wrk
from profiling.bench.proxy.measuring import AT_MOST, Cost, measure, spend
from profiling.bench.proxy.serving import PATHS, Serving, both
from profiling.bench.wrk import LoadError

RESULTS = Path(__file__).parents[2] / "results"
COUNT = click.IntRange(1)
HEADINGS = (
    "Nginx",
    "what",
    "minimal, us/request",
    "ours",
    "minimal, requests/CPU s",
    "ours",
    "ratio of CPU",
    "expected",
)
READING = (
    "User and system time of Nginx's own processes, divided by the requests that wrk completed over TLS: a file of"
    " 2 KB, and the same 2 KB from a Gunicorn whose own time is not counted. The minimal configuration is of the same"
    " program, with the same TLS settings and the same log, and nothing else. Medians of the rounds; the ratio is the"
    " median of each round's own."
)
console = Console(width=None if sys.stdout.isatty() else 130)


@click.command()
@click.option("--rounds", "count", default=5, show_default=True, type=COUNT, help="Runs of each configuration.")
@click.option("--seconds", default=3, show_default=True, type=COUNT, help="Length of a run.")
@click.option("--results", "folder", default=RESULTS, show_default=True, type=click.Path(path_type=Path))
def main(count: int, seconds: int, folder: Path) -> None:
    """Nginx's CPU per request with our configuration, beside a minimal one."""
    before = machine.load()
    try:
        costs = [cost for build in nginxes.builds() for cost in costs_of(build, count, seconds)]
    except LoadError as error:
        sys.exit(f"make bench: {error}")
    facts = machine.describe() | {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load average": f"{before} before, {machine.load()} after",
        "rounds": f"{count} of `{wrk.shown(seconds)}` for each configuration in turn, after one to warm up",
    }
    console.print(table(costs, box.SIMPLE))
    write(folder, costs, facts)


def costs_of(build: str, count: int, seconds: int) -> list[Cost]:
    program, load = nginxes.program(build), wrk.find()
    name = f"{dotted(inspect(program).version)}, {build}'s"
    columns = (TextColumn(f"measuring {name}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        Progress(*columns, console=console) as progress,
        tempfile.TemporaryDirectory(prefix="hotroute-bench-") as folder,
        both(program, Path(folder)) as serving,
    ):
        task = progress.add_task("", total=len(PATHS) * len(serving) * (count + 1))

        def once(one: Serving, kind: str) -> float:
            progress.advance(task)
            return spend(one, kind, load, seconds)

        return [measure(name, kind, serving, once, count) for kind in PATHS]


def table(costs: list[Cost], style: box.Box) -> Table:
    made = Table(box=style)
    for number, heading in enumerate(HEADINGS):
        made.add_column(heading, justify="right" if 1 < number < len(HEADINGS) - 1 else "left")
    for cost in costs:
        made.add_row(*cells(cost), style="green" if cost.met else "red")
    return made


def cells(cost: Cost) -> list[str]:
    times = [f"{cost.minimal:.0f}", f"{cost.ours:.0f}", f"{1e6 / cost.minimal:,.0f}", f"{1e6 / cost.ours:,.0f}"]
    verdict = f"at most {AT_MOST}: {'met' if cost.met else 'NOT MET'}"
    return [cost.build, cost.kind, *times, f"{cost.ratio:.2f}", verdict]


def write(folder: Path, costs: list[Cost], facts: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    Console(file=text, width=200).print(table(costs, box.MARKDOWN))
    rows = "\n".join(line.strip() for line in text.getvalue().splitlines() if line.strip())
    known = "\n".join(f"- {name}: {fact}" for name, fact in facts.items())
    (folder / "proxy.md").write_text(f"# make bench: the proxy\n\n{READING}\n\n{rows}\n\n{known}\n")
    numbers = [cost._asdict() | {"at_most": AT_MOST, "met": cost.met} for cost in costs]
    (folder / "proxy.json").write_text(json.dumps({"facts": facts, "results": numbers}, indent=2) + "\n")


if __name__ == "__main__":
    main()
