"""Users and who follows whom."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from conduit.models.base import Base
from hotroute.database.columns import NEVER_REUSED, Key, key, now


class User(Base):
    """An account, which is also an author's profile."""

    __tablename__ = "users"
    __table_args__ = (NEVER_REUSED,)

    id: Mapped[key]
    username: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    bio: Mapped[str] = mapped_column(Text, default="")
    image: Mapped[str] = mapped_column(Text, default="")
    articles_count: Mapped[int] = mapped_column(default=0)
    favorites_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now)


class Follow(Base):
    """`follower_id` reads what `followed_id` writes."""

    __tablename__ = "follows"

    follower_id: Mapped[int] = mapped_column(Key, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    followed_id: Mapped[int] = mapped_column(
        Key, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
