"""Plausible data of any size, the same for the same number: users, articles, tags, follows, favourites, comments."""

import secrets

from rich.console import Console
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from conduit.models import Counter, User
from conduit.seed import database, people
from conduit.seed.counts import count
from conduit.seed.progress import reporting
from conduit.seed.size import Size
from conduit.seed.tables import filled
from conduit.seed.text.outlines import outlines
from conduit.services import passwords


def is_empty(session: Session) -> bool:
    return session.scalar(select(User.id).limit(1)) is None


def fill(engine: Engine, articles: int, number: int, console: Console) -> None:
    """Fill an empty database; a fill that is interrupted leaves nothing.

    The same `articles` and `number` make the same rows on every database and machine, but for one value: the hash
    of demo's password, which is drawn anew and shown on `console` once. Nobody can log in as another seeded user.
    In memory are a batch of rows, the counters of users and tags, and a byte for each article.

    Args:
        engine: of a migrated database, prepared by `hotroute.database.engines`.
        articles: how many; there is a user for 20 of them, and for each about 10 favourites and 1.5 comments.
        number: which data.
        console: shows the progress, and demo's password in the end.

    Raises:
        click.ClickException: the database has users already.
    """
    size = Size(articles, number)
    password = secrets.token_urlsafe(12)
    with database.filling(engine) as connection, reporting(console) as report:
        counts = count(report.watch("outlines", outlines(size), size.articles))
        for table, rows, total in filled(size, counts, passwords.digest(password)):
            database.write(connection, table, report.watch(table.name, rows, total))
        connection.execute(update(Counter).where(Counter.name == "articles").values(value=articles))
    shown = f"Log in as {people.DEMO}@{people.DOMAIN} with the password {password} (it is shown only this once)."
    console.print(shown, soft_wrap=True, highlight=False)
