"""`hotroute new`, `hotroute add` and `hotroute update`."""

from pathlib import Path

import click

from hotroute.project.errors import ProjectError


class Commands(click.Command):
    """A command whose `ProjectError` is one line."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ProjectError as reason:
            raise click.ClickException(str(reason)) from None


@click.command(cls=Commands)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("-d", "--data", "answers", multiple=True, metavar="QUESTION=ANSWER", help="Answer this; repeatable.")
@click.option("--defaults", is_flag=True, help="Ask nothing.")
@click.option("--template", default="", metavar="SOURCE", help="Another template, as Copier takes it: a git URL.")
def new(folder: Path, answers: tuple[str, ...], defaults: bool, template: str) -> None:
    """Write a new project to FOLDER."""
    from hotroute.project.new import create  # noqa: PLC0415

    create(folder, answers, template=template, ask=not defaults)
    click.echo(f"{folder} is written. Now: cd {folder} && git init && git add -A && git commit -m Begin && make run")


@click.command(cls=Commands)
@click.option("--from", "old", default="", metavar="WHEEL", help="The version that the project has.")
@click.option("--to", "wanted", default="", metavar="WHEEL", help="The version to come to; else the index's newest.")
@click.option("--check", is_flag=True, help="Change nothing; fail where there is an update.")
def update(old: str, wanted: str, check: bool) -> None:
    """Bring this project to the newest version of its template, and keep what was changed in it."""
    from hotroute.project.update import update as run  # noqa: PLC0415

    click.echo(run(Path.cwd(), old=old, new=wanted, check=check))
