"""The counters behind `articlesCount`, kept in the transaction that changes what they count."""

from typing import Any

from sqlalchemy import ScalarSelect, func, select, update
from sqlalchemy.orm import Session

from conduit.models import Article, ArticleTag, Counter, Favorite, Tag, User


def add_to_total(session: Session, difference: int) -> None:
    """Count articles; the last statement of a use case, since every writer of articles meets at this row."""
    total = update(Counter).where(Counter.name == "articles").values(value=Counter.value + difference)
    session.execute(total)


def release_favorites(session: Session, article_id: int) -> None:
    """Count down the favourites of everyone who favoured an article that is about to go.

    The rows are locked in the order of their keys first: two deletions with common readers would otherwise each
    hold a row that the other one waits for.
    """
    readers = select(Favorite.user_id).where(Favorite.article_id == article_id)
    session.execute(select(User.id).where(User.id.in_(readers)).order_by(User.id).with_for_update(key_share=True))
    lower = update(User).where(User.id.in_(readers)).values(favorites_count=User.favorites_count - 1)
    session.execute(lower.execution_options(synchronize_session=False))


def recount(session: Session) -> None:
    """Set every counter from the rows that it counts: after an import, or a repair by hand."""
    for statement in (
        update(User).values(
            articles_count=count(Article.author_id, User.id), favorites_count=count(Favorite.user_id, User.id)
        ),
        update(Tag).values(articles_count=count(ArticleTag.tag_id, Tag.id)),
        update(Article).values(favorites_count=count(Favorite.article_id, Article.id)),
        update(Counter)
        .where(Counter.name == "articles")
        .values(value=select(func.count()).select_from(Article).scalar_subquery()),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def count(owner: Any, key: Any) -> ScalarSelect[int]:
    return select(func.count()).select_from(owner.class_).where(owner == key).correlate(key.class_).scalar_subquery()
