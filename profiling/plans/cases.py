"""Calls of the repositories, with the values that are hardest on them: the most popular, the busiest, the deepest."""

from collections.abc import Callable
from itertools import combinations
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from conduit.models import Article, Comment, Favorite, Follow, Tag, User
from conduit.repositories import articles, comments, counters, tags, users
from hotroute.database.columns import now

DEEP = 20_000


class Case(NamedTuple):
    """A name, a call, and whether the call changes rows."""

    name: str
    call: Callable[[Session], Any]
    writes: bool = False


class Values(NamedTuple):
    """Who and what is asked for."""

    demo: int
    filters: dict[str, str]
    rare: str
    follower: int
    patient: int
    article: Any
    comment: int


def values(session: Session) -> Values:
    """The busiest of everything: scans are allowed here."""
    by_use = select(Tag.name).order_by(Tag.articles_count.desc())
    most = {
        "tag": by_use,
        "author": select(User.username).order_by(User.articles_count.desc()),
        "favorited": select(User.username).order_by(User.favorites_count.desc()),
    }
    busiest = select(Follow.follower_id).group_by(Follow.follower_id).order_by(func.count().desc())
    discussed = select(Comment.article_id).group_by(Comment.article_id).order_by(func.count().desc())
    favorite = select(Article.id, Article.slug).order_by(Article.favorites_count.desc())
    return Values(
        demo=1,
        filters={name: session.scalars(statement.limit(1)).one() for name, statement in most.items()},
        rare=session.scalars(select(Tag.name).order_by(Tag.articles_count).limit(1)).one(),
        follower=session.scalars(busiest.limit(1)).one(),
        patient=patient(session),
        article=session.execute(favorite.limit(1)).one(),
        comment=session.scalars(
            select(func.max(Comment.id)).where(Comment.article_id == discussed.limit(1).scalar_subquery())
        ).one(),
    )


def patient(session: Session) -> int:
    """A new user who follows the authors that have been silent longest; their articles are the last to be found."""
    time = now()
    reader = User(
        username="patient", email="patient@conduit.example", password_hash="!", created_at=time, updated_at=time
    )
    session.add(reader)
    session.flush()
    silent = select(Article.author_id).group_by(Article.author_id).order_by(func.max(Article.id)).limit(300)
    session.add_all(Follow(follower_id=reader.id, followed_id=author) for author in session.scalars(silent).all())
    session.commit()
    return reader.id


def cases(found: Values) -> list[Case]:
    return [*lists(found), *feeds(found), *single(found), *accounts(found), *writes(found)]


def lists(found: Values) -> list[Case]:
    kinds = [kind for size in range(4) for kind in combinations(found.filters, size)]
    made = [
        page(f"a page of {named(kind)}", {name: found.filters[name] for name in kind}, found.demo) for kind in kinds
    ]
    return [
        page("a page of all articles, signed out", {}, None),
        *made,
        page(f"a page from {DEEP:,} on", {}, found.demo, DEEP),
        page("a page of a rare tag", {"tag": found.rare}, found.demo),
        page(f"a page from {DEEP:,} on of a tag", {"tag": found.filters["tag"]}, found.demo, DEEP),
        page("a page of a rare tag by an author", {**found.filters, "tag": found.rare}, found.demo),
        page("a page that is empty", {"tag": found.filters["tag"]}, found.demo, 10**9),
    ]


def named(kinds: tuple[str, ...]) -> str:
    return f"articles by {' and '.join(kinds)}" if kinds else "all articles"


def page(name: str, filters: dict[str, str], viewer: int | None, offset: int = 0) -> Case:
    return Case(name, lambda session: articles.find_page(session.connection(), filters, viewer, 20, offset))


def feeds(found: Values) -> list[Case]:
    def feed(viewer: int, offset: int) -> Callable[[Session], Any]:
        return lambda session: articles.find_feed(session.connection(), viewer, 20, offset)

    return [
        Case("the feed of demo", feed(found.demo, 0)),
        Case("the feed of one who follows 300 authors silent for long", feed(found.patient, 0)),
        Case("the feed of the one who follows most", feed(found.follower, 0)),
        Case("the feed of the one who follows most, from 1,000 on", feed(found.follower, 1_000)),
        Case("a feed that is empty", feed(found.demo, 10**9)),
    ]


def single(found: Values) -> list[Case]:
    slug = found.article.slug
    return [
        Case("an article", lambda session: articles.get(session, slug, found.demo)),
        Case("an article, locked", lambda session: articles.get_entity(session, slug)),
        Case("whether a slug is taken", lambda session: articles.has_slug(session, slug)),
        Case("an article's comments", lambda session: comments.find_all(session.connection(), slug, found.demo)),
        Case("a comment as it is shown", lambda session: comments.get(session, found.comment, found.demo)),
        Case(
            "a comment to delete",
            lambda session: comments.get_entity(session, commented(session, found), found.comment),
        ),
        Case("the tags in use", lambda session: tags.find_in_use(session.connection())),
    ]


def commented(session: Session, found: Values) -> Article:
    article = select(Article).join(Comment, Comment.article_id == Article.id).where(Comment.id == found.comment)
    return session.scalars(article).one()


def accounts(found: Values) -> list[Case]:
    name = found.filters["author"]
    return [
        Case("a profile", lambda session: users.get_profile(session, name, found.demo)),
        Case("who asks", lambda session: users.get_viewer(session, found.demo)),
        Case("who asks, locked", lambda session: users.get_viewer_locked(session, found.demo)),
        Case("a user by name", lambda session: users.get_by_name(session, name)),
        Case("a user by e-mail", lambda session: users.find_by_email(session, "demo@conduit.example")),
        Case(
            "whether a name or an address is taken", lambda session: users.find_taken(session, 2, name, "x@y.example")
        ),
        Case("a favourite", lambda session: session.get(Favorite, (found.demo, found.article.id))),
        Case("a follow", lambda session: session.get(Follow, (found.follower, found.demo))),
    ]


def writes(found: Values) -> list[Case]:
    names = sorted([found.filters["tag"], "a-new-tag"])
    return [
        Case("tags, got or made", lambda session: tags.get_or_create(session, names), writes=True),
        Case("tags taken off an article", lambda session: tags.detach(session, found.article.id), writes=True),
        Case("the total", lambda session: counters.add_to_total(session, 1), writes=True),
        Case("favourites released", lambda session: counters.release_favorites(session, found.article.id), writes=True),
        Case("an article deleted", lambda session: delete(session, found.article.id), writes=True),
    ]


def delete(session: Session, article: int) -> None:
    session.delete(session.get_one(Article, article))
    session.flush()
