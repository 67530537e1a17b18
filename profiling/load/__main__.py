"""`make profile`: run the load with the profiler on, and write down where the time went."""

import math
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hotroute.profiler.advice import Advice, Serving, advise, output
from hotroute.profiler.dashboard import units
from hotroute.profiler.model.results import RouteHistory, TimeRange
from hotroute.profiler.queries.history import History
from profiling.bench import machine
from profiling.load import numbers, report, running, spy, stack
from profiling.load.report import Run
from profiling.load.running import Done, Load
from profiling.load.spy import Stacks

RESULTS = Path(__file__).parents[1] / "results"
BASELINE = RESULTS / "profile-baseline.json"
REPORT = "profile.html"
BUCKET = 10
"""Seconds of the storage's finest buckets."""
STARTING = 30
"""Seconds for py-spy to begin and for the last calls to end."""
HEADINGS = ("requests", "p50", "p95", "p99", "CPU", "queries", "hits", "route")
COUNT = click.IntRange(1)
console = Console(width=None if sys.stdout.isatty() else 130, highlight=False)


@click.command()
@click.option("--articles", default=5_000, show_default=True, type=COUNT, help="Size of the seeded data.")
@click.option("--connections", default=8, show_default=True, type=COUNT, help="Connections, each a user.")
@click.option("--calls", default=2_500, show_default=True, type=COUNT, help="Calls on each connection.")
@click.option("--seconds", default=120, show_default=True, type=COUNT, help="The longest that they may take.")
@click.option("--seed", default=1, show_default=True, help="The same number makes the same calls.")
@click.option("--save-baseline", is_flag=True, help="Let this run be what others are compared with.")
@click.option("--baseline", default=BASELINE, type=click.Path(path_type=Path), help="The file of the baseline.")
@click.option("--results", "folder", default=RESULTS, type=click.Path(path_type=Path), help="Where the report goes.")
def main(  # noqa: PLR0913  # each is an option
    *,
    articles: int,
    connections: int,
    calls: int,
    seconds: int,
    seed: int,
    save_baseline: bool,
    baseline: Path,
    folder: Path,
) -> None:
    """A mix of Conduit calls, the same for the same seed, and a report of where its time went."""
    with TemporaryDirectory(prefix="hotroute-profile-") as temporary:
        place = Path(temporary)
        with stack.start(place, articles, connections, console) as serving:
            done, stacks = load(serving, place, Load(seed, connections, calls, seconds))
        routes, advice = read(place, done, Serving.read(serving.environ))
    told = facts(articles, Load(seed, connections, calls, seconds))
    run = Run(done, routes, advice, stacks, told, numbers.load(baseline))
    show(run)
    write(run, folder)
    if save_baseline:
        report.baseline_of(run).save(baseline)
        console.print(f"The baseline is in {baseline}")
    sys.exit(1 if done.wrong else 0)


def load(serving: stack.Serving, place: Path, chosen: Load) -> tuple[Done, Stacks]:
    console.print(f"{chosen}, at most {chosen.seconds} s")
    with spy.watching(serving.root, chosen.seconds + STARTING, place) as stacks:
        done = running.run(serving.port, serving.world, chosen)
    return done, stacks


def read(place: Path, done: Done, serving: Serving) -> tuple[list[RouteHistory], list[Advice]]:
    """What the profiler recorded of the run; buckets that it shares with the time before and after count whole."""
    span = TimeRange(math.floor(done.began / BUCKET) * BUCKET, math.ceil(done.ended / BUCKET + 1) * BUCKET)
    history = History(stack.storage(place))
    routes = [history.route(span, each.route, each.method) for each in history.routes(span)]
    return routes, advise(history, span, serving)


def facts(articles: int, chosen: Load) -> dict[str, str]:
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load": str(chosen),
        "data": f"{articles:,} articles, seeded, SQLite; the cache is on",
        "Gunicorn": " ".join(f"{name}={text}" for name, text in stack.GUNICORN.items()),
        **machine.describe(),
        "load average": machine.load(),
        "command": " ".join(["python -m profiling.load", *sys.argv[1:]]),
    }


def show(run: Run) -> None:
    table = Table(box=box.SIMPLE)
    for heading in HEADINGS:
        table.add_column(heading, justify="left" if heading == "route" else "right")
    for line in report.lines(run):
        table.add_row(*cells(line.numbers), Text(line.name))
    console.print(table)
    output.show(console, run.advice)
    console.print(f"{run.done.requests:,} requests, {run.done.rate:,.0f} a second")
    for wrong in run.done.wrong:
        console.print(f"wrong: {wrong}", style="red", markup=False)
    if run.stacks.why:
        console.print(f"There is no flame graph: {run.stacks.why}", markup=False)


def cells(known: numbers.Numbers) -> list[str]:
    times = [units.duration(each) for each in (known.p50, known.p95, known.p99, known.cpu)]
    queries = "" if known.statements is None else units.mean(known.statements)
    return [f"{known.requests:,}", *times, queries, "" if known.hit_ratio is None else units.share(known.hit_ratio)]


def write(run: Run, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REPORT).write_text(report.html(run))
    console.print(f"The report is in {folder / REPORT}")


if __name__ == "__main__":
    main()
