"""Articles: one, a page of many, a reader's feed."""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Row, ScalarSelect, Select, Subquery, bindparam, func, literal, select
from sqlalchemy.orm import Session

from conduit.errors import NotFound
from conduit.models import Article, ArticleTag, Counter, Favorite, Follow, Tag, User
from conduit.repositories import viewers

LIMIT = bindparam("limit", type_=Integer)
OFFSET = bindparam("offset", type_=Integer)
SUMMARY = (
    Article.slug,
    Article.title,
    Article.description,
    Article.tag_list,
    Article.created_at,
    Article.updated_at,
    Article.favorites_count,
    User.username,
    User.bio,
    User.image,
)
"""What a list shows; the body is left where it is."""


class Page(NamedTuple):
    """Some articles, newest first, and how many there are in all."""

    rows: list[Row[Any]]
    total: int


def get(session: Session, slug: str, viewer: int | None) -> Row[Any]:
    """An article with its body, as `viewer` sees it: one query.

    Raises:
        NotFound: no article has the slug.
        Unauthorized: the viewer's account is gone.
    """
    row = session.execute(one(viewer is not None), {"slug": slug, "viewer": viewer}).one()
    viewers.refuse_unknown([row])
    if row.slug is None:
        raise NotFound("article")
    return row


@cache
def one(viewer: bool) -> Select[Any]:
    # The outer row is always there, so that "unknown article" and "unknown viewer" are told apart by one query.
    nothing = select(literal(1).label("n")).subquery("nothing")
    columns = (*SUMMARY, Article.body, viewers.favorited(viewer), viewers.following(viewer), viewers.known(viewer))
    return (
        select(*columns)
        .select_from(nothing)
        .outerjoin(Article, Article.slug == bindparam("slug"))
        .outerjoin(User, User.id == Article.author_id)
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


def find_page(session: Session, filters: dict[str, str], viewer: int | None, limit: int, offset: int) -> Page:
    """A page of the articles that match `filters` (keys among `tag`, `author`, `favorited`).

    Raises:
        Unauthorized: the viewer's account is gone.
    """
    kinds = frozenset(filters)
    parameters = {**filters, "viewer": viewer, "limit": limit, "offset": offset}
    return read(session, page(kinds, viewer is not None), summary(kinds, viewer is not None), parameters)


def find_feed(session: Session, viewer: int, limit: int, offset: int) -> Page:
    """A page of the articles of those whom `viewer` follows.

    Raises:
        Unauthorized: the viewer's account is gone.
    """
    parameters = {"viewer": viewer, "limit": limit, "offset": offset, "window": limit + offset}
    return read(session, feed(), feed_summary(), parameters)


def read(session: Session, listing: Select[Any], totals: Select[Any], parameters: dict[str, Any]) -> Page:
    """One query while the page has rows, since each carries the total; two where it is empty."""
    rows = list(session.execute(listing, parameters))
    first = rows or [session.execute(totals, parameters).one()]
    viewers.refuse_unknown(first)
    return Page(rows, first[0].total)


@cache
def page(kinds: frozenset[str], viewer: bool) -> Select[Any]:
    # The ids of the page come from an index alone; only the page's own rows are then read from the tables.
    ids = matching(kinds)
    ids = ids.order_by(ids.selected_columns.id.desc()).limit(LIMIT).offset(OFFSET)
    return listing(ids.subquery("page"), total(kinds), viewer)


@cache
def summary(kinds: frozenset[str], viewer: bool) -> Select[Any]:
    return select(total(kinds).label("total"), viewers.known(viewer))


def listing(ids: Subquery, total: ScalarSelect[int], viewer: bool) -> Select[Any]:
    columns = (*SUMMARY, viewers.favorited(viewer), viewers.following(viewer), viewers.known(viewer))
    return (
        select(*columns, total.label("total"))
        .select_from(ids)
        .join(Article, Article.id == ids.c.id)
        .join(User, User.id == Article.author_id)
        .order_by(Article.id.desc())
    )


def matching(kinds: frozenset[str]) -> Select[tuple[int]]:
    """The ids of the articles that match, led by the table whose key is already in the page's order."""
    keys: list[Any] = []
    conditions = []
    if "tag" in kinds:
        keys.append(ArticleTag.article_id)
        conditions.append(ArticleTag.tag_id == named(Tag.id, Tag.name, "tag"))
    if "favorited" in kinds:
        keys.append(Favorite.article_id)
        conditions.append(Favorite.user_id == named(User.id, User.username, "favorited"))
    if "author" in kinds:
        conditions.append(Article.author_id == named(User.id, User.username, "author"))
    if "author" in kinds or not keys:
        keys.append(Article.id)
    lead, *others = keys
    statement = select(lead.label("id")).where(*conditions)
    for other in others:
        statement = statement.join(other.class_, other == lead)
    return statement


def named(key: Any, name: Any, value: str) -> ScalarSelect[int]:
    return select(key).where(name == bindparam(value)).correlate(None).scalar_subquery()


def total(kinds: frozenset[str]) -> ScalarSelect[int]:
    """How many articles match: a counter where one filter or none is given, else a count within two indexes."""
    counters = {
        frozenset[str](): select(Counter.value).where(Counter.name == "articles"),
        frozenset({"tag"}): select(Tag.articles_count).where(Tag.name == bindparam("tag")),
        frozenset({"author"}): select(User.articles_count).where(User.username == bindparam("author")),
        frozenset({"favorited"}): select(User.favorites_count).where(User.username == bindparam("favorited")),
    }
    counted = select(func.count()).select_from(matching(kinds).subquery("matching"))
    counter = counters.get(kinds, counted).correlate(None).scalar_subquery()
    return select(func.coalesce(counter, 0)).scalar_subquery()


@cache
def feed() -> Select[Any]:
    # Of each followed author only the newest limit + offset articles can be on the page: the cost follows the number
    # of authors, not of articles. The scalar subquery is an author's floor: the oldest id that may still matter.
    newest = (
        select(Article.id)
        .where(Article.author_id == Follow.followed_id)
        .order_by(Article.id.desc())
        .limit(1)
        .offset(bindparam("window", type_=Integer) - 1)
        .correlate(Follow)
        .scalar_subquery()
    )
    ids = (
        select(Article.id)
        .select_from(Follow)
        .join(Article, (Article.author_id == Follow.followed_id) & (Article.id >= func.coalesce(newest, 0)))
        .where(Follow.follower_id == viewers.VIEWER)
        .order_by(Article.id.desc())
        .limit(LIMIT)
        .offset(OFFSET)
    )
    return listing(ids.subquery("page"), feed_total(), viewer=True)


@cache
def feed_summary() -> Select[Any]:
    return select(feed_total().label("total"), viewers.known(viewer=True))


def feed_total() -> ScalarSelect[int]:
    followed = Follow.follower_id == viewers.VIEWER
    counted = select(func.coalesce(func.sum(User.articles_count), 0)).join(Follow, Follow.followed_id == User.id)
    return counted.where(followed).correlate(None).scalar_subquery()
