"""Who calls and what about: rows of the seeded data, the popular ones more often."""

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from sqlalchemy import Engine, select

from conduit.models.tables import articles, tags, users
from conduit.services import tokens

SLUGS, NAMES, TAGS = 300, 200, 50
POPULARITY = 3.0
"""Of 100 rows the first 10 get 46 % of the calls: 0.1 to the power of 1/3."""


class Person(NamedTuple):
    """A seeded user, and a token that says so."""

    name: str
    token: str


@dataclass(frozen=True)
class World:
    """What calls are about, the most popular first."""

    slugs: tuple[str, ...]
    names: tuple[str, ...]
    tags: tuple[str, ...]
    people: tuple[Person, ...]


def look(engine: Engine, signer: tokens.Signer, people: int) -> World:
    """Raises:
    ValueError: there are not so many users.
    """
    newest = select(articles.c.slug).order_by(articles.c.id.desc()).limit(SLUGS)
    prolific = select(users.c.id, users.c.username).order_by(users.c.articles_count.desc(), users.c.id).limit(NAMES)
    frequent = select(tags.c.name).order_by(tags.c.articles_count.desc(), tags.c.name).limit(TAGS)
    with engine.connect() as connection:
        rows = connection.execute(prolific).all()
        if len(rows) < people:
            raise ValueError(f"the data has {len(rows)} users, not {people}: seed more articles")
        callers = tuple(Person(row.username, tokens.issue(signer, row.id)) for row in rows[:people])
        return World(
            slugs=tuple(connection.scalars(newest)),
            names=tuple(row.username for row in rows),
            tags=tuple(connection.scalars(frequent)),
            people=callers,
        )


def pick(random: Random, rows: tuple[str, ...]) -> str:
    return rows[int(len(rows) * random.random() ** POPULARITY)]
