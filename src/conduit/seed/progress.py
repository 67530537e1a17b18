"""How far a seed is: a bar for each table on a terminal, a line for each elsewhere."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

Item = TypeVar("Item")


class Rate(ProgressColumn):
    """Rows per second, since the table was begun."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.completed / (task.elapsed or 1):,.0f}/s", style="progress.data.speed")


class Report:
    """Watches rows go by."""

    def __init__(self, console: Console, bars: Progress) -> None:
        self.console = console
        self.bars = bars

    def watch(self, name: str, rows: Iterable[Item], total: int) -> Iterator[Item]:
        if self.console.is_terminal:
            yield from self.bars.track(rows, total=total, description=name)
        else:
            yield from self.timed(name, rows, total)

    def timed(self, name: str, rows: Iterable[Item], total: int) -> Iterator[Item]:
        begin = perf_counter()
        yield from rows
        seconds = perf_counter() - begin
        self.console.print(f"{name}: {total:,} in {seconds:.1f} s, {total / max(seconds, 1e-9):,.0f}/s")


@contextmanager
def reporting(console: Console) -> Iterator[Report]:
    columns = (TextColumn("{task.description:>12}"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        yield Report(console, bars)
