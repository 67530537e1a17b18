"""`make bench`: measure the uncached reads, show them and write them down."""

import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from profiling.bench import beside, cases, machine, report, results, rounds, serving, wrk
from profiling.bench.rounds import Target
from profiling.bench.wrk import Load, LoadError

RESULTS = Path(__file__).parents[1] / "results"
COUNT = click.IntRange(1)
console = Console(width=None if sys.stdout.isatty() else 130)


@click.command()
@click.option("--articles", default=5_000, show_default=True, type=COUNT, help="Size of the seeded data.")
@click.option("--rounds", "count", default=5, show_default=True, type=COUNT, help="Runs of each case.")
@click.option("--seconds", default=4, show_default=True, type=COUNT, help="Length of a run.")
@click.option("--postgresql", is_flag=True, help="Measure on PostgreSQL too, its own CPU included.")
@click.option("--results", "folder", default=RESULTS, show_default=True, type=click.Path(path_type=Path))
def main(articles: int, count: int, seconds: int, postgresql: bool, folder: Path) -> None:
    """Server CPU per request and requests per second, beside bare WSGI and bare Flask."""
    try:
        program = wrk.find()
        chosen = cases.on(["SQLite", "PostgreSQL"] if postgresql else ["SQLite"])
        before = machine.load()
        with ExitStack() as stack:
            targets = serving.start(stack, chosen, articles, console)
            measured = measure(targets, program, count, seconds)
            more = beside.facts(targets)
    except (LoadError, rounds.UnexpectedAnswerError) as error:
        sys.exit(f"make bench: {error}")
    found = results.summarize(measured)
    show(found, more)
    report.write(folder, found, {**more, **machine.describe(), **conditions(articles, count, seconds, before)})


def conditions(articles: int, count: int, seconds: int, load_before: str) -> dict[str, str]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load average": f"{load_before} before, {machine.load()} after",
        "data": f"{articles:,} articles, seeded",
        "Gunicorn": " ".join(["gunicorn.conf.py with", *(f"{name}={text}" for name, text in serving.GUNICORN.items())]),
        "rounds": f"{count} of `{wrk.shown(seconds)}` for every case in turn, after one to warm up",
        "command": " ".join(["python -m profiling.bench", *sys.argv[1:]]),
    }


def measure(targets: list[Target], program: str, count: int, seconds: int) -> list[rounds.Measured]:
    columns = (TextColumn("measuring {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=(count + 1) * len(targets))

        def load(target: Target) -> Load:
            progress.update(task, description=f"{target.case.site.name}: {target.case.name}")
            return wrk.run(program, target.url, target.headers, seconds)

        return rounds.measure(targets, load, count, lambda: progress.advance(task))


def show(found: list[results.Result], more: dict[str, str]) -> None:
    console.print(report.table(found, box.SIMPLE))
    console.print(report.READING, style="dim")
    for result in found:
        if result.met is not None:
            place = f"{result.case.site.name} on {result.case.site.database}"
            console.print(f"{place}, {result.case.name}: {result.ratio:.2f} x bare Flask, {result.verdict}")
    for name, fact in more.items():
        console.print(f"{name}: {fact}")


if __name__ == "__main__":
    main()
