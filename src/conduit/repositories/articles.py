"""Articles: one, a page of many, a reader's feed."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Row,
    ScalarSelect,
    Select,
    Subquery,
    bindparam,
    exists,
    func,
    select,
    true,
)
from sqlalchemy.orm import Session

from conduit.models import Article
from conduit.models.tables import article_tags, articles, counters, favorites, follows, tags, users
from conduit.repositories import viewers
from conduit.repositories.columns import iso
from hotroute.api.errors import NotFound
from hotroute.database.transaction import Readable

LIMIT = bindparam("limit", type_=Integer)
OFFSET = bindparam("offset", type_=Integer)
# The sum of the two above, which may be more than an INTEGER holds.
WINDOW = bindparam("window", type_=BigInteger)
SUMMARY: tuple[Any, ...] = (
    articles.c.slug,
    articles.c.title,
    articles.c.description,
    articles.c.tag_list,
    iso(articles.c.created_at).label("created_at"),
    iso(articles.c.updated_at).label("updated_at"),
    articles.c.favorites_count,
    users.c.username,
    users.c.bio,
    users.c.image,
)
"""What a list shows, in the order in which `present.summary` takes it; the body is left where it is."""


EXPORTED: tuple[Any, ...] = (
    articles.c.id,
    articles.c.slug,
    articles.c.title,
    articles.c.description,
    articles.c.body,
    articles.c.tag_list,
)


class Page(NamedTuple):
    """Some articles, newest first, and how many there are in all."""

    rows: list[Row[Any]]
    total: int


def get(source: Readable, slug: str, viewer: int | None) -> Row[Any]:
    """An article with its body, as `viewer` sees it: one query.

    Raises:
        NotFound: no article has the slug.
        Unauthorized: the viewer's account is gone.
    """
    row = source.execute(one(viewer is not None), {"slug": slug, "viewer": viewer}).one()
    viewers.refuse_unknown([row])
    if row.slug is None:
        raise NotFound("article")
    return row


@cache
def one(viewer: bool) -> Select[Any]:
    columns = (
        *SUMMARY,
        viewers.favorited(viewer),
        viewers.following(viewer),
        viewers.account_exists(viewer),
        articles.c.body,
    )
    return (
        select(*columns)
        .select_from(viewers.ONE_ROW)
        .outerjoin(articles, articles.c.slug == bindparam("slug"))
        .outerjoin(users, users.c.id == articles.c.author_id)
    )


def get_entity(session: Session, slug: str) -> Article:
    """The entity, locked until the transaction ends.

    Raises:
        NotFound: no article has the slug.
    """
    statement = select(Article).where(Article.slug == slug).with_for_update(key_share=True)
    article = session.scalars(statement).one_or_none()
    if article is None:
        raise NotFound("article")
    return article


def has_slug(session: Session, slug: str) -> bool:
    return session.scalar(select(Article.id).where(Article.slug == slug)) is not None


def find_page(connection: Connection, filters: dict[str, str], viewer: int | None, limit: int, offset: int) -> Page:
    """A page of the articles that match `filters` (keys among `tag`, `author`, `favorited`); two queries for several.

    Raises:
        Unauthorized: the viewer's account is gone.
    """
    kinds = frozenset(filters)
    lead = smallest(connection, kinds, filters) if len(kinds) > 1 else next(iter(kinds), None)
    parameters = {**filters, "viewer": viewer, "limit": limit, "offset": offset}
    return read(connection, page(kinds, lead, viewer is not None), parameters)


def find_feed(connection: Connection, viewer: int, limit: int, offset: int) -> Page:
    """A page of the articles of those whom `viewer` follows.

    Raises:
        Unauthorized: the viewer's account is gone.
    """
    parameters = {"viewer": viewer, "limit": limit, "offset": offset, "window": limit + offset}
    return read(connection, feed(lateral=connection.dialect.name != "sqlite"), parameters)


def read(connection: Connection, listing: Select[Any], parameters: dict[str, Any]) -> Page:
    rows = list(connection.execute(listing, parameters).all())
    viewers.refuse_unknown(rows)
    return Page([] if rows[0].slug is None else rows, rows[0].total)


@cache
def page(kinds: frozenset[str], lead: str | None, viewer: bool) -> Select[Any]:
    # The ids of the page come from an index alone; only the page's own rows are then read from the tables.
    ids = matching(kinds, lead)
    ids = ids.order_by(ids.selected_columns.id.desc()).limit(LIMIT).offset(OFFSET)
    return listing(ids.subquery("page"), total(kinds, lead), viewer)


def listing(ids: Subquery, total: ScalarSelect[int], viewer: bool) -> Select[Any]:
    """Each row carries the total; a page without rows has one row of nothing else."""
    columns: tuple[Any, ...] = (
        *SUMMARY,
        viewers.favorited(viewer),
        viewers.following(viewer),
        viewers.account_exists(viewer),
    )
    return (
        select(*columns, total.label("total"))
        .select_from(viewers.ONE_ROW)
        .outerjoin(ids, true())
        .outerjoin(articles, articles.c.id == ids.c.id)
        .outerjoin(users, users.c.id == articles.c.author_id)
        .order_by(articles.c.id.desc())
    )


def named(key: Any, name: Any, value: str) -> ScalarSelect[int]:
    return select(key).where(name == bindparam(value)).correlate(None).scalar_subquery()


MATCHES: dict[str, tuple[Any, Any]] = {
    "tag": (article_tags.c.article_id, article_tags.c.tag_id == named(tags.c.id, tags.c.name, "tag")),
    "author": (articles.c.id, articles.c.author_id == named(users.c.id, users.c.username, "author")),
    "favorited": (favorites.c.article_id, favorites.c.user_id == named(users.c.id, users.c.username, "favorited")),
}
"""Of each filter the article's id and the condition: in a table whose key gives the ids in the page's order."""

SIZES = {
    "tag": select(tags.c.articles_count).where(tags.c.name == bindparam("tag")),
    "author": select(users.c.articles_count).where(users.c.username == bindparam("author")),
    "favorited": select(users.c.favorites_count).where(users.c.username == bindparam("favorited")),
}
"""How many articles each filter matches by itself: counters."""


def smallest(connection: Connection, kinds: frozenset[str], filters: dict[str, str]) -> str:
    """The filter that matches fewest: what planners know of the tables is averages, and a popular tag is none."""
    row = connection.execute(sizes(kinds), filters).one()
    return min(sorted(kinds), key=lambda kind: getattr(row, kind))


@cache
def sizes(kinds: frozenset[str]) -> Select[Any]:
    columns: list[Any] = [counted(SIZES[kind]).label(kind) for kind in sorted(kinds)]
    return select(*columns)


def counted(counter: Select[int]) -> ColumnElement[int]:
    return func.coalesce(counter.correlate(None).scalar_subquery(), 0)


def matching(kinds: frozenset[str], lead: str | None) -> Select[int]:
    """The ids of the articles that match: those of `lead`, each looked up in the tables of the others."""
    if lead is None:
        return select(articles.c.id.label("id"))
    key, condition = MATCHES[lead]
    statement = select(key.label("id")).where(condition)
    for other, also in (MATCHES[kind] for kind in sorted(kinds - {lead})):
        statement = statement.where(exists().where(other == key, also))
    return statement


def total(kinds: frozenset[str], lead: str | None) -> ScalarSelect[int]:
    """How many articles match: a counter where one filter or none is given, else a count of the smallest one's."""
    if lead is None:
        counter = select(counters.c.value).where(counters.c.name == "articles")
    elif kinds == {lead}:
        counter = SIZES[lead]
    else:
        counter = select(func.count()).select_from(matching(kinds, lead).subquery("matching"))
    return select(counted(counter)).scalar_subquery()


@cache
def feed(lateral: bool) -> Select[Any]:
    # Of each followed author only the newest limit + offset articles can be on the page: the cost follows the number
    # of authors, not of articles.
    candidates = newest_of_each() if lateral else above_the_floor_of_each()
    ids = (
        candidates.where(follows.c.follower_id == viewers.VIEWER)
        .order_by(candidates.selected_columns.id.desc())
        .limit(LIMIT)
        .offset(OFFSET)
    )
    return listing(ids.subquery("page"), feed_total(), viewer=True)


OF_AUTHOR = select(articles.c.id).where(articles.c.author_id == follows.c.followed_id).order_by(articles.c.id.desc())


def newest_of_each() -> Select[int]:
    newest = OF_AUTHOR.limit(WINDOW).correlate(follows).lateral("newest")
    return select(newest.c.id).select_from(follows).join(newest, true())


def above_the_floor_of_each() -> Select[int]:
    """The same without LATERAL, which SQLite does not have: an author's floor is the oldest id that may still matter.

    PostgreSQL would compute the floor for each article instead of for each author.
    """
    floor = func.coalesce(OF_AUTHOR.limit(1).offset(WINDOW - 1).correlate(follows).scalar_subquery(), 0)
    own = (articles.c.author_id == follows.c.followed_id) & (articles.c.id >= floor)
    return select(articles.c.id).select_from(follows).join(articles, own)


def feed_total() -> ScalarSelect[int]:
    followed = follows.c.follower_id == viewers.VIEWER
    counted = select(func.coalesce(func.sum(users.c.articles_count), 0)).join(
        follows, follows.c.followed_id == users.c.id
    )
    return counted.where(followed).correlate(None).scalar_subquery()


def iterate_by_author(connection: Connection, author_id: int, batch: int = 200) -> Iterator[Row[Any]]:
    """Yield a user's articles, newest first, in batches by key: thousands need little memory."""
    columns: tuple[Any, ...] = (
        articles.c.id,
        articles.c.slug,
        articles.c.title,
        articles.c.description,
        articles.c.body,
    )
    mine = select(*columns, articles.c.tag_list).where(articles.c.author_id == author_id)
    last: int | None = None
    while True:
        older = mine if last is None else mine.where(articles.c.id < last)
        rows: list[Row[Any]] = list(connection.execute(older.order_by(articles.c.id.desc()).limit(batch)))
        yield from rows
        if len(rows) < batch:
            return
        last = rows[-1].id


def find_body(session: Session, article_id: int) -> str | None:
    return session.scalar(select(articles.c.body).where(articles.c.id == article_id))


def is_there(session: Session, article_id: int) -> bool:
    """Return whether the article exists, and keep it from being deleted until the transaction ends."""
    found = select(articles.c.id).where(articles.c.id == article_id).with_for_update(key_share=True, read=True)
    return session.scalar(found) is not None
