"""`python -m profiling.bench.profiler`, a part of `make bench`: measure, show, write down."""

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from profiling.bench import machine
from profiling.bench.profiler import measuring, serving
from profiling.bench.profiler.cases import CASES, OURS, WAYS
from profiling.bench.profiler.measuring import Cost, Runs

RESULTS = Path(__file__).parents[2] / "results"
COUNT = click.IntRange(1)
HEADINGS = ("request", "profiler", "us/request", "of it behind", "added", "ratio", "expected")
READING = (
    "CPU of Gunicorn's processes for a request, in microseconds, by the scheduler's own count: of the thread that"
    " serves it, and of what is done behind it (writing records down), without what the idle server takes. One"
    " worker with one thread, all servers on one CPU and one at a time, run after run in turn; medians, and of the"
    " ratios the median of each round's own. Before each run the budget of requests that are looked at closely is"
    " used up. Flask-Profiler is 1.8.1 with its SQLite storage, as its README shows it: under more than one thread"
    " its workers end in segmentation faults. It never sees a hit, which does not enter Flask."
)
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
        found = costs(articles, starts, count, seconds)
    except serving.UnexpectedAnswerError as error:
        sys.exit(f"make bench: {error}")
    facts = machine.describe() | {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load average": f"{before} before, {machine.load()} after",
        "data": f"{articles:,} articles, seeded",
        "rounds": f"{starts} starts of the servers, {count} runs of {seconds:g} s at each, after one to warm up",
        "command": " ".join(["python -m profiling.bench.profiler", *sys.argv[1:]]),
    }
    console.print(table(found, box.SIMPLE))
    write(folder, found, facts)


def costs(articles: int, starts: int, count: int, seconds: float) -> list[Cost]:
    columns = (TextColumn("measuring the profiler"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    known: dict[str, list[list[Runs]]] = {case.name: [] for case in CASES}
    with serving.database(articles, console) as backing, Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=starts * (count + 1) * len(CASES) * len(WAYS))
        for _ in range(starts):
            with serving.start(backing) as subjects:
                for case in CASES:
                    own = serving.of(case, subjects)
                    known[case.name].append(measuring.measure(own, count, seconds, lambda: progress.advance(task)))
    return [cost for case in CASES for cost in measuring.costs(serving.of(case, subjects), known[case.name])]


def table(found: list[Cost], style: box.Box) -> Table:
    made = Table(box=style)
    for number, heading in enumerate(HEADINGS):
        made.add_column(heading, justify="right" if 1 < number < len(HEADINGS) - 1 else "left")
    for cost in found:
        base = next(each for each in found if each.case == cost.case)
        made.add_row(*cells(cost, base), style={None: "", True: "green", False: "red"}[cost.met])
    return made


def cells(cost: Cost, base: Cost) -> list[str]:
    whole, plain = cost.own + cost.behind, base.own + base.behind
    verdict = f"at most {cost.case.at_most}: {'met' if cost.met else 'NOT MET'}" if cost.way == OURS else ""
    added = "" if cost is base else f"{whole - plain:+.1f}"
    return [cost.case.name, cost.way.name, f"{whole:.1f}", f"{cost.behind:.1f}", added, f"{cost.ratio:.3f}", verdict]


def write(folder: Path, found: list[Cost], facts: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    Console(file=text, width=200).print(table(found, box.MARKDOWN))
    rows = "\n".join(line.strip() for line in text.getvalue().splitlines() if line.strip())
    known = "\n".join(f"- {name}: {fact}" for name, fact in facts.items())
    (folder / "profiler.md").write_text(f"# make bench: the profiler\n\n{READING}\n\n{rows}\n\n{known}\n")
    document = {"facts": facts, "results": [entry(cost) for cost in found]}
    (folder / "profiler.json").write_text(json.dumps(document, indent=2) + "\n")


def entry(cost: Cost) -> dict[str, object]:
    numbers = {"own_us": round(cost.own, 2), "behind_us": round(cost.behind, 2), "ratio": round(cost.ratio, 4)}
    expected = {"at_most": cost.case.at_most, "met": cost.met} if cost.way == OURS else {}
    return {"case": cost.case.name, "profiler": cost.way.name, **numbers, **expected}


if __name__ == "__main__":
    main()
