"""Articles, their tags and favourites, and the counters that spare every list a scan."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from conduit.models.base import Base
from hotroute.database.columns import NEVER_REUSED, Key, key, now


class Article(Base):
    """An article. Ids rise with time, so `id DESC` is newest first without an index on the date."""

    __tablename__ = "articles"
    __table_args__ = (Index(None, "author_id", "id"), NEVER_REUSED)

    id: Mapped[key]
    slug: Mapped[str] = mapped_column(String(255), unique=True)
    title: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    # The tags again, sorted, as the answer shows them: a list of 20 needs no second query. `article_tags` filters.
    tag_list: Mapped[list[str]] = mapped_column(JSON, default=list)
    favorites_count: Mapped[int] = mapped_column(default=0)
    author_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class Tag(Base):
    """A tag and how many articles carry it."""

    __tablename__ = "tags"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[key]
    name: Mapped[str] = mapped_column(String(64), unique=True)
    articles_count: Mapped[int] = mapped_column(default=0)


class ArticleTag(Base):
    """The key's order serves "newest articles of a tag" from the index alone."""

    __tablename__ = "article_tags"

    tag_id: Mapped[int] = mapped_column(Key, ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(
        Key, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Favorite(Base):
    """The key's order serves "newest articles that a user favourites" from the index alone."""

    __tablename__ = "favorites"

    user_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    article_id: Mapped[int] = mapped_column(
        Key, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class Counter(Base):
    """A total that a list needs exactly and may not count: one row a name."""

    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)
