"""Comments on articles."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from conduit.models.base import Base
from hotroute.database.columns import NEVER_REUSED, Key, key, now


class Comment(Base):
    """A comment; it never changes, it is only deleted."""

    __tablename__ = "comments"
    __table_args__ = (Index(None, "article_id", "id"), NEVER_REUSED)

    id: Mapped[key]
    body: Mapped[str] = mapped_column(Text)
    article_id: Mapped[int] = mapped_column(Key, ForeignKey("articles.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)
