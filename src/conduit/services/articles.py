"""Publishing, changing and deleting articles.

Every use case takes its locks in one order, so that no two can wait for each other: article, new tags, users by id,
tags by id, the total.
"""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from conduit.models import Article, User
from conduit.repositories import articles, counters, tags, users
from conduit.schemas.articles import ArticleChanges, NewArticle
from conduit.services import slugs
from hotroute.api.errors import Forbidden
from hotroute.database.columns import now
from hotroute.database.transaction import writing


def publish(session: Session, viewer: int, draft: NewArticle) -> Row[Any]:
    with writing(session):
        author = users.get_viewer(session, viewer)
        names = alphabetical(draft.tagList)
        article = Article(
            title=draft.title, description=draft.description, body=draft.body, tag_list=names, author_id=author.id
        )
        article.updated_at = article.created_at = now()
        name(session, article)
        carried = tags.get_or_create(session, names)
        author.articles_count = User.articles_count + 1
        session.flush()
        tags.attach(session, article.id, carried)
        counters.add_to_total(session, 1)
        return articles.get(session, article.slug, author.id)


def change(session: Session, viewer: int, slug: str, changes: ArticleChanges) -> Row[Any]:
    """Raises:
    NotFound: no article has the slug.
    Forbidden: it is another author's.
    """
    values = changes.model_dump(exclude_unset=True)
    with writing(session):
        article = get_own(session, viewer, slug)
        names = values.pop("tagList", None)
        renamed = values.get("title", article.title) != article.title
        for field, value in values.items():
            setattr(article, field, value)
        article.updated_at = now()
        if renamed:
            name(session, article)
        if names is not None:
            retag(session, article, alphabetical(names))
        return articles.get(session, article.slug, viewer)


def delete(session: Session, viewer: int, slug: str) -> None:
    """Delete an article with its comments and favourites.

    Raises:
        NotFound: no article has the slug.
        Forbidden: it is another author's.
    """
    with writing(session):
        article = get_own(session, viewer, slug)
        counters.release_favorites(session, article.id)
        users.get_viewer(session, viewer).articles_count = User.articles_count - 1
        session.flush()
        tags.detach(session, article.id)
        session.delete(article)
        session.flush()
        counters.add_to_total(session, -1)


def find_own_id(session: Session, viewer: int, slug: str) -> int:
    """Return the key of one's own article, and end the transaction that asked for it.

    Raises:
        NotFound: no article has the slug.
        Forbidden: it is another author's.
    """
    found = get_own(session, viewer, slug).id
    session.rollback()
    return found


def get_own(session: Session, viewer: int, slug: str) -> Article:
    users.get_viewer(session, viewer)
    article = articles.get_entity(session, slug)
    if article.author_id != viewer:
        raise Forbidden("article")
    return article


def name(session: Session, article: Article) -> None:
    """Give the article a slug that is free, and write it; another request may take the same one meanwhile."""
    for slug in slugs.candidates(article.title):
        if articles.has_slug(session, slug):
            continue
        try:
            with session.begin_nested():
                article.slug = slug
                session.add(article)
                session.flush()
        except IntegrityError:
            if not articles.has_slug(session, slug):
                raise
            continue
        return


def alphabetical(names: list[str]) -> list[str]:
    """Each name once, as people sort: "apple" before "Banana"."""
    return sorted(set(names), key=lambda name: (name.casefold(), name))


def retag(session: Session, article: Article, names: list[str]) -> None:
    carried = tags.get_or_create(session, names)
    tags.detach(session, article.id)
    tags.attach(session, article.id, carried)
    article.tag_list = names
