"""`python -m profiling.plans`: seed, explain every statement on both databases, and write it down."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session
from tests import databases

from profiling.bench.databases import KINDS, fill
from profiling.plans.cases import cases, values
from profiling.plans.explain import SUSPECT, Explained, explain

RESULTS = Path(__file__).parents[1] / "results"
LEGEND = {
    "sqlite": "Milliseconds of a whole call (median), the case | what needs a look in its plan.",
    "postgresql": "Milliseconds of a whole call (medians): planned for its values, planned for any values; "
    "the case | what needs a look in its plan.",
}
console = Console()


@click.command()
@click.option("--articles", default=100_000, show_default=True, type=click.IntRange(1), help="Size of the seeded data.")
@click.option("--results", "folder", default=RESULTS, show_default=True, type=click.Path(path_type=Path))
def main(articles: int, folder: Path) -> None:
    """Explain every statement, with the values that are hardest on it."""
    for kind, opened in KINDS.items():
        with (
            TemporaryDirectory() as place,
            opened(Path(place)) as database,
            databases.connected(database.url) as engine,
        ):
            fill(engine, articles, console)
            report = written(engine, kind, articles)
        console.print(report, markup=False, highlight=False, soft_wrap=True)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"plans-{kind.lower()}.txt").write_text(report)


def written(engine: Engine, kind: str, articles: int) -> str:
    with Session(engine) as session:
        found = values(session)
    explained = [explain(engine, case) for case in cases(found)]
    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    head = f"{kind} {version(engine)}, {date}, {articles:,} articles, seeded.\n{LEGEND[engine.dialect.name]}\n"
    return "\n".join([head, *map(summary, explained), "", *map(details, explained)])


def version(engine: Engine) -> str:
    asked = "SELECT sqlite_version()" if engine.dialect.name == "sqlite" else "SHOW server_version"
    with engine.connect() as connection:
        return str(connection.execute(text(asked)).scalar_one())


def summary(explained: Explained) -> str:
    found = {
        match[0].split("  (")[0] for _, plan in explained.plans for line in plan for match in SUSPECT.finditer(line)
    }
    times = "".join(f"{time:9.2f}" for time in explained.milliseconds) or "    write"
    return f"{times}  {explained.case.name}{' | ' if found else ''}{', '.join(sorted(found))}"


def details(explained: Explained) -> str:
    parts = [f"== {explained.case.name}"]
    for statement, plan in explained.plans:
        parts += [" ".join(statement.sql.split()), *(f"    {line}" for line in plan), ""]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
