"""Whom and what the requests are about: rows of the seeded data that have enough to show."""

from typing import Any, NamedTuple
from urllib.parse import quote

from sqlalchemy import Engine, Select, exists, func, select

from conduit.models.tables import articles, comments, follows, tags, users

FULL_PAGE = 20

TAG = select(tags.c.name).order_by(tags.c.articles_count.desc()).limit(1)
AUTHOR = select(users.c.username).order_by(users.c.articles_count.desc()).limit(1)
ARTICLE = (
    select(articles.c.slug)
    .where(exists().where(comments.c.article_id == articles.c.id))
    .order_by(articles.c.id.desc())
    .limit(1)
)


class Subjects(NamedTuple):
    """What the cases' paths name, quoted for a URL, and the id of the reader who asks where a case is signed in."""

    names: dict[str, str]
    reader: int


def choose(engine: Engine) -> Subjects:
    """Raises:
    sqlalchemy.exc.NoResultFound: the data is too small to fill a page.
    """
    with engine.connect() as connection:
        reader = connection.execute(select_reader()).one()
        chosen = {
            "tag": connection.execute(TAG).scalar_one(),
            "author": connection.execute(AUTHOR).scalar_one(),
            "slug": connection.execute(ARTICLE).scalar_one(),
            "reader": reader.username,
        }
    return Subjects({name: quote(value, safe="") for name, value in chosen.items()}, reader.id)


def select_reader() -> Select[Any]:
    """The user with the most favourites among those whose feed fills a page."""
    followed = users.alias()
    feed = (
        select(func.sum(followed.c.articles_count))
        .join(follows, follows.c.followed_id == followed.c.id)
        .where(follows.c.follower_id == users.c.id)
        .scalar_subquery()
    )
    full = users.c.favorites_count >= FULL_PAGE
    ordered = users.c.favorites_count.desc()
    return select(users.c.id, users.c.username).where(full, feed >= FULL_PAGE).order_by(ordered).limit(1)
