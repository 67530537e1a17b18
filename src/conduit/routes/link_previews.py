"""Previews of what an article links to."""

from typing import Any

from flask import Blueprint

from conduit.database import reading
from conduit.extensions import db
from conduit.jobs.link_previews import preview_links
from conduit.repositories import link_previews as stored
from conduit.routes import cache_tags
from conduit.routes.accepting import accept_job
from conduit.schemas.jobs import JobResponse, LinkPreviewsResponse
from conduit.services import articles
from hotroute.api.operations import operation
from hotroute.cache import hot
from hotroute.jobs.http import job

blueprint = Blueprint("link_previews", __name__)


@blueprint.get("/articles/<slug>/previews")
@hot(share="everyone", tags=cache_tags.PREVIEWS)
@operation("GetLinkPreviews", tag="Jobs", access="anyone", response=LinkPreviewsResponse)
def find(slug: str) -> dict[str, Any]:
    """Previews of the pages that an article links to."""
    with reading() as connection:
        return {"previews": [dict(row._mapping) for row in stored.find_all(connection, slug)]}


@blueprint.post("/articles/<slug>/previews")
@operation("CreateLinkPreviews", tag="Jobs", response=JobResponse, status=202)
@job(accept_job(preview_links))
def create(slug: str, viewer: int) -> dict[str, Any]:
    """Fetch the previews of one's own article's links again."""
    return {"article_id": articles.find_own_id(db.session, viewer, slug)}
