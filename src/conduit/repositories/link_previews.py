"""Previews of linked pages."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.orm import Session

from conduit.models import LinkPreview
from conduit.models.tables import articles, link_previews
from hotroute.api.errors import NotFound

SHOWN = (link_previews.c.url, link_previews.c.title, link_previews.c.description, link_previews.c.image)


def find_all(connection: Connection, slug: str) -> list[Row[Any]]:
    """Return the previews of an article in the order of its links: one query.

    Raises:
        NotFound: no article has the slug.
    """
    listing = select(*SHOWN).select_from(articles).outerjoin(link_previews)
    rows: list[Row[Any]] = list(
        connection.execute(listing.where(articles.c.slug == slug).order_by(link_previews.c.position))
    )
    if not rows:
        raise NotFound("article")
    return [row for row in rows if row.url is not None]


def replace_all(session: Session, article_id: int, previews: Sequence[LinkPreview]) -> None:
    """Put these in the place of what the article had."""
    for old in session.scalars(select(LinkPreview).where(LinkPreview.article_id == article_id)):
        session.delete(old)
    session.flush()
    session.add_all(previews)
