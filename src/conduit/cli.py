"""The commands of `python -m conduit`: migrations, data, repairs."""

import os
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from rich.console import Console

from conduit import config, seed
from conduit.app import create_app
from conduit.config import Settings
from conduit.extensions import db
from conduit.repositories import counters
from hotroute import setup
from hotroute.cache import Unreachable
from hotroute.database.transaction import writing
from hotroute.setting_error import SettingError
from hotroute.settings.serving import NEW_REDIS

ROOT = Path(__file__).resolve().parents[2]
FIRST_SEED = 3_000
console = Console(stderr=True)


class Commands(click.Group):
    """Report a wrong setting, or a migration that cannot be, in a line instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SettingError as wrong:
            raise click.ClickException(str(wrong)) from None
        except CommandError as reason:
            raise click.ClickException(str(reason)) from None
        except Unreachable as reason:
            raise click.ClickException(f"not committed, for the cache could not be told: {reason}") from None


@click.group(cls=Commands)
def main() -> None:
    """Conduit's own commands; the settings come from the environment."""


@main.command()
@click.argument("revision", default="head")
def migrate(revision: str) -> None:
    """Bring the database to REVISION, by default the newest."""
    command.upgrade(alembic(), revision)


@main.command(name="seed")
@click.option("--articles", default=FIRST_SEED, show_default=True, type=click.IntRange(1))
@click.option("--seed", "number", default=1, show_default=True, help="The same number makes the same data.")
def seed_command(articles: int, number: int) -> None:
    """Fill an empty database with plausible data."""
    with create_app().app_context():
        seed.fill(db.engine, articles, number, console)


@main.command()
def recount() -> None:
    """Set every counter from the rows that it counts, after an import or a repair by hand."""
    with create_app().app_context(), writing(db.session):
        counters.recount(db.session)


@main.command()
def prepare() -> None:
    """Migrate; in development also seed a database that is still empty. `make run` does this before it serves."""
    command.upgrade(alembic(), "head")
    settings = config.load()
    with create_app(settings).app_context():
        if settings.app_env == "development":
            fill_if_empty(settings)
        if os.environ.get(NEW_REDIS):
            setup.trust_new_redis(db.engine, settings)


def fill_if_empty(settings: Settings) -> None:
    empty = seed.is_empty(db.session)
    # A transaction that still read would keep the seed from shrinking SQLite's log.
    db.session.close()
    if empty and settings.seed_articles:
        seed.fill(db.engine, settings.seed_articles, 1, console)


def alembic() -> Config:
    return Config(toml_file=ROOT / "pyproject.toml")
