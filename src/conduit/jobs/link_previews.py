"""Fetching what an article links to: I/O-bound."""

import logging
from typing import Any

from flask import current_app

from conduit.extensions import db, jobs
from conduit.models import LinkPreview
from conduit.repositories import articles, link_previews
from conduit.services import links
from conduit.services.links import Preview
from hotroute.database.transaction import writing
from hotroute.jobs import JobContext
from hotroute.outbound_http import FetchRefusedError, fetch_document

log = logging.getLogger(__name__)


@jobs.kind("preview-links", queue="io", time_limit=120.0)
def preview_links(context: JobContext, article_id: int) -> None:
    """Fetch the pages, then write previews and outcome in one transaction, which invalidates the hot route."""
    body = articles.find_body(db.session, article_id)
    db.session.rollback()
    found = [preview for preview in fetch_all(context, links.find_links(body or "")) if preview]
    with writing(db.session):
        rows = [
            LinkPreview(article_id=article_id, position=position, **as_columns(preview))
            for position, preview in enumerate(found)
        ]
        link_previews.replace_all(db.session, article_id, rows if articles.is_there(db.session, article_id) else [])
        context.complete(db.session, {"previews": len(rows)})


def fetch_all(context: JobContext, urls: list[str]) -> list[Preview | None]:
    found = []
    for number, url in enumerate(urls, 1):
        found.append(fetch_preview(url))
        context.report(number, len(urls), "fetching")
    return found


def fetch_preview(url: str) -> Preview | None:
    """Return what a page says of itself; None for one that is not to be had, which is no failure of the job."""
    try:
        return links.read_preview(fetch_document(url, **current_app.extensions["fetching"]))
    except FetchRefusedError as reason:
        log.info("a link has no preview: it %s", reason)
        return None


def as_columns(preview: Preview) -> dict[str, Any]:
    return {"url": preview.url, "title": preview.title, "description": preview.description, "image": preview.image}
