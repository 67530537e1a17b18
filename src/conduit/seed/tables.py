"""The tables in the order in which their foreign keys allow them, with their rows."""

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Table

from conduit.models import Base
from conduit.seed import people, writings
from conduit.seed.counts import Counts
from conduit.seed.database import Row
from conduit.seed.size import Size


class Filled(NamedTuple):
    """A table, the rows for it, and how many they are."""

    table: Table
    rows: Iterator[Row]
    total: int


def filled(size: Size, counts: Counts, password_hash: str) -> list[Filled]:
    following = sum(1 for _ in people.follows(size))
    found = {
        "users": (people.users(size, counts, password_hash), size.users),
        "tags": (writings.tags(counts), len(counts.tagged)),
        "articles": (writings.articles(size), size.articles),
        "article_tags": (writings.article_tags(size, counts), counts.tagged.total()),
        "follows": (people.follows(size), following),
        "favorites": (writings.favorites(size), counts.favored.total()),
        "comments": (writings.comments(size, counts), size.comments),
    }
    return [Filled(Base.metadata.tables[name], rows, total) for name, (rows, total) in found.items()]
