"""Previews of the pages that an article links to."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from conduit.models.base import Base
from hotroute.database.columns import Key


class LinkPreview(Base):
    """A linked page, as the job found it; `position` is the link's in the article."""

    __tablename__ = "link_previews"

    article_id: Mapped[int] = mapped_column(Key, ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(String(500))
    image: Mapped[str] = mapped_column(Text)
