"""`python -m profiling.bench.profiler`, a part of `make bench`: measure, show, write down."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from profiling.bench import machine
from profiling.bench.profiler import alternating, measuring, report, serving, verdict
from profiling.bench.profiler.alternating import Added
from profiling.bench.profiler.cases import CASES, NONE, Case
from profiling.bench.profiler.measuring import Cost, Progressed, Runs
from profiling.bench.profiler.verdict import Judged

RESULTS = Path(__file__).parents[2] / "results"
COUNT = click.IntRange(1)
TURNS, PROCESSES = 10, 4
"""For each run under Gunicorn, and for each start of the servers: calls without one are quick."""
console = Console(width=None if sys.stdout.isatty() else 130)


@click.command()
@click.option("--articles", default=5_000, show_default=True, type=COUNT, help="Size of the seeded data.")
@click.option("--starts", default=3, show_default=True, type=COUNT, help="Starts of all servers.")
@click.option("--rounds", "count", default=8, show_default=True, type=COUNT, help="Runs of each at every start.")
@click.option("--seconds", default=1.0, show_default=True, type=click.FloatRange(0.1), help="Length of a run.")
@click.option("--results", "folder", default=RESULTS, show_default=True, type=click.Path(path_type=Path))
def main(articles: int, starts: int, count: int, seconds: float, folder: Path) -> None:
    """What the profiler costs a request, beside none and beside Flask-Profiler."""
    before = machine.load()
    try:
        found, verdicts = measure(articles, starts, count, seconds)
    except serving.UnexpectedAnswerError as error:
        sys.exit(f"make bench: {error}")
    facts = machine.describe() | {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load average": f"{before} before, {machine.load()} after",
        "data": f"{articles:,} articles, seeded",
        "rounds": f"{starts} starts of the servers, {count} runs of {seconds:g} s at each, after one to warm up;"
        f" {starts * PROCESSES} processes, {count * TURNS // PROCESSES} turns of {alternating.CALLS} calls in each",
        "command": " ".join(["python -m profiling.bench.profiler", *sys.argv[1:]]),
    }
    for made in report.tables(found, verdicts, box.SIMPLE):
        console.print(made)
    report.write(folder, found, verdicts, facts)


def measure(articles: int, starts: int, count: int, seconds: float) -> tuple[list[Cost], list[Judged]]:
    columns = (TextColumn("measuring the profiler"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with serving.database(articles, console) as backing, Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=sum(1 + starts * (count + 1) * len(case.ways) for case in CASES))

        def advance() -> None:
            progress.advance(task)

        added = {case.name: called(case, backing, count, starts, advance) for case in CASES}
        found = served(backing, starts, count, seconds, advance)
    return found, [judged(case, found, added[case.name]) for case in CASES]


def called(case: Case, backing: dict[str, str], count: int, starts: int, advance: Progressed) -> Added:
    added = alternating.measure(case, backing, count * TURNS // PROCESSES, starts * PROCESSES)
    advance()
    return added


def served(backing: dict[str, str], starts: int, count: int, seconds: float, advance: Progressed) -> list[Cost]:
    known: dict[str, list[list[Runs]]] = {case.name: [] for case in CASES}
    for _ in range(starts):
        with serving.start(backing) as subjects:
            for case in CASES:
                own = serving.of(case, subjects)
                known[case.name].append(measuring.measure(own, count, seconds, advance))
    return [cost for case in CASES for cost in measuring.costs(serving.of(case, subjects), known[case.name])]


def judged(case: Case, found: list[Cost], added: Added) -> Judged:
    plain = next(each for each in found if (each.case, each.way) == (case, NONE))
    return verdict.judge(plain, added)


if __name__ == "__main__":
    main()
