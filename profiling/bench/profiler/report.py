"""The bench's tables, for the terminal and for profiling/results/."""

import io
import json
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from profiling.bench.profiler.alternating import Added
from profiling.bench.profiler.measuring import Cost
from profiling.bench.profiler.verdict import Judged, Verdict

SERVED = ("request", "profiler", "us/request", "of it behind", "ratio")
CALLED = ("request", "a call, us", "counted", "looked at", "added under Gunicorn", "ratio", "expected")
READING = (
    "CPU of Gunicorn's processes for a request, in microseconds, by the scheduler's own count: of the thread that"
    " serves it, and of what is done behind it (writing records down), without what the idle server takes. One"
    " worker with one thread, all servers on one CPU and one at a time, run after run in turn; medians, and of the"
    " ratios the median of each round's own. Before each run the budget of requests that are looked at closely is"
    " used up. Flask-Profiler is 1.8.1 with its SQLite storage, as its README shows it: under more than one thread"
    " its workers end in segmentation faults. It has no row for a hit: its wrapper reads every header field within the"
    " view, and what depends on those is not stored."
)
JUDGING = (
    "Two servers drift apart by more than the profiler costs. So the expectations are judged by calls without a server,"
    " a few hundred to an application without a profiler, then to one that counts, then to one that looks at each"
    " request closely, all in one process, again and again: medians of the differences, and what it takes to write"
    " calls down beyond what an idle profiler writes (under Gunicorn, a minute's sums fall into some runs and not into"
    " others). Added under Gunicorn is what is counted, and the looks at 100 a second of as many as one CPU"
    " serves; the ratio is to Gunicorn's us/request without a profiler."
)


def tables(found: list[Cost], verdicts: list[Judged], style: box.Box) -> list[Table]:
    servers, calls = Table(box=style), Table(box=style)
    for number, heading in enumerate(SERVED):
        servers.add_column(heading, justify="right" if number > 1 else "left")
    for cost in found:
        numbers = (f"{cost.own + cost.behind:.1f}", f"{cost.behind:.1f}", f"{cost.ratio:.3f}")
        servers.add_row(cost.case.name, cost.way.name, *numbers)
    for number, heading in enumerate(CALLED):
        calls.add_column(heading, justify="right" if 0 < number < len(CALLED) - 1 else "left")
    for each in verdicts:
        calls.add_row(*cells(*each), style="green" if each.verdict.met else "red")
    return [servers, calls]


def cells(added: Added, found: Verdict) -> list[str]:
    times = [f"{added.plain:.1f}", f"{added.counted:+.1f}", f"{added.looked:+.1f}", f"{found.added:+.1f}"]
    expected = f"at most {found.case.at_most}: {'met' if found.met else 'NOT MET'}"
    return [found.case.name, *times, f"{found.ratio:.3f}", expected]


def write(folder: Path, found: list[Cost], verdicts: list[Judged], facts: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    servers, calls = (markdown(made) for made in tables(found, verdicts, box.MARKDOWN))
    known = "\n".join(f"- {name}: {fact}" for name, fact in facts.items())
    text = f"# make bench: the profiler\n\n{READING}\n\n{servers}\n\n{JUDGING}\n\n{calls}\n\n{known}\n"
    (folder / "profiler.md").write_text(text)
    document = {"facts": facts, "served": [entry(cost) for cost in found], "called": [expected(*it) for it in verdicts]}
    (folder / "profiler.json").write_text(json.dumps(document, indent=2) + "\n")


def markdown(table: Table) -> str:
    text = io.StringIO()
    Console(file=text, width=200).print(table)
    return "\n".join(line.strip() for line in text.getvalue().splitlines() if line.strip())


def entry(cost: Cost) -> dict[str, object]:
    numbers = {"own_us": round(cost.own, 2), "behind_us": round(cost.behind, 2), "ratio": round(cost.ratio, 4)}
    return {"case": cost.case.name, "profiler": cost.way.name, **numbers}


def expected(added: Added, found: Verdict) -> dict[str, object]:
    numbers = {f"{name}_us": round(value, 2) for name, value in added._asdict().items()}
    share = {"share_looked_at": round(found.share, 4), "added_us": round(found.added, 2)}
    limit = {"ratio": round(found.ratio, 4), "at_most": found.case.at_most, "met": found.met}
    return {"case": found.case.name, **numbers, **share, **limit}
