"""Favouring an article and taking it back."""

from typing import Any

from sqlalchemy import Row
from sqlalchemy.orm import Session

from conduit.models import Article, Favorite, User
from conduit.repositories import articles, users
from hotroute.database.transaction import writing


def add(session: Session, viewer: int, slug: str) -> Row[Any]:
    """Favour an article; a second time changes nothing.

    Raises:
        NotFound: no article has the slug.
    """
    with writing(session):
        reader, article, favorite = find(session, viewer, slug)
        if favorite is None:
            session.add(Favorite(user_id=reader.id, article_id=article.id))
            count(reader, article, 1)
        return articles.get(session, slug, viewer)


def remove(session: Session, viewer: int, slug: str) -> Row[Any]:
    """Favour it no longer; a second time changes nothing.

    Raises:
        NotFound: no article has the slug.
    """
    with writing(session):
        reader, article, favorite = find(session, viewer, slug)
        if favorite is not None:
            session.delete(favorite)
            count(reader, article, -1)
        return articles.get(session, slug, viewer)


def find(session: Session, viewer: int, slug: str) -> tuple[User, Article, Favorite | None]:
    reader = users.get_viewer(session, viewer)
    # The article's row is locked: two of the same request find each other's favourite and count once.
    article = articles.get_entity(session, slug)
    return reader, article, session.get(Favorite, (reader.id, article.id))


def count(reader: User, article: Article, difference: int) -> None:
    article.favorites_count = Article.favorites_count + difference
    reader.favorites_count = User.favorites_count + difference
