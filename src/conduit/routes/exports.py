"""Exports of one's own articles."""

from typing import Any

from flask import Blueprint, Response, abort, send_file

from conduit.jobs.exports import export_articles, find_file
from conduit.routes.accepting import accept_job
from conduit.schemas.jobs import JobResponse
from conduit.web import authentication
from hotroute.api.operations import operation
from hotroute.jobs.extension import get_state
from hotroute.jobs.http import job

blueprint = Blueprint("exports", __name__)


@blueprint.post("/user/exports")
@operation("CreateExport", tag="Jobs", response=JobResponse, status=202)
@job(accept_job(export_articles))
def create(viewer: int) -> dict[str, Any]:
    """Export one's articles as an archive of HTML pages."""
    return {"user_id": viewer}


@blueprint.get("/user/exports/<job_id>")
def download(job_id: str) -> Response:
    """Send an archive to the user who asked for it."""
    row = get_state().status.find(job_id, str(authentication.identify("required")))
    if row is None or row["kind"] != "export-articles" or not find_file(row["id"]).exists():
        abort(404)
    return send_file(
        find_file(row["id"]).absolute(), "application/zip", as_attachment=True, download_name="articles.zip"
    )
