"""Tags: which are in use, and which an article carries."""

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from conduit.models import ArticleTag, Tag
from conduit.models.tables import tags

IN_USE = select(tags.c.name).where(tags.c.articles_count > 0).order_by(tags.c.articles_count.desc(), tags.c.name)


def find_in_use(connection: Connection) -> list[str]:
    """The names of the tags that articles carry, the most used first."""
    return list(connection.scalars(IN_USE).all())


def get_or_create(session: Session, names: list[str]) -> list[Tag]:
    """The tags of these names; those that are new are made.

    Two requests may bring the same new tag at once: the database settles it, in the order of the names, so that no
    two requests can wait for each other.
    """
    if not names:
        return []
    rows = [{"name": name, "articles_count": 0} for name in sorted(names)]
    session.execute(insert(session).on_conflict_do_nothing(), rows)
    return list(session.scalars(select(Tag).where(Tag.name.in_(names)).order_by(Tag.id)))


def insert(session: Session) -> postgresql.Insert | sqlite.Insert:
    dialect = session.get_bind().dialect.name
    return postgresql.insert(Tag) if dialect == "postgresql" else sqlite.insert(Tag)


def attach(session: Session, article_id: int, carried: list[Tag]) -> None:
    for tag in carried:
        session.add(ArticleTag(article_id=article_id, tag_id=tag.id))
        tag.articles_count = Tag.articles_count + 1
    session.flush()


def detach(session: Session, article_id: int) -> None:
    """Take all tags off an article, counting each down, in the order of their ids."""
    worn = select(Tag).join(ArticleTag, ArticleTag.tag_id == Tag.id).where(ArticleTag.article_id == article_id)
    for tag in session.scalars(worn.order_by(Tag.id)):
        tag.articles_count = Tag.articles_count - 1
    session.flush()
    session.execute(delete(ArticleTag).where(ArticleTag.article_id == article_id))
