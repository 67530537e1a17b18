"""Exporting a user's articles: CPU-bound."""

from pathlib import Path
from typing import Any

from flask import current_app

from conduit.database import reading
from conduit.extensions import jobs
from conduit.repositories import articles, users
from conduit.services import exports
from hotroute.jobs import JobContext

LOCATION = "/api/user/exports/{}"
TIME_LIMIT = 1800.0


@jobs.kind("export-articles", queue="cpu", time_limit=TIME_LIMIT)
def export_articles(context: JobContext, user_id: int) -> dict[str, Any]:
    """Write the archive beside its final name, and rename it: an attempt that is cut short leaves no half archive."""
    file = find_file(context.id)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(f".{context.attempt}")
    try:
        with reading() as connection:
            total = users.count_articles(connection, user_id)
            rows = articles.iterate_by_author(connection, user_id)
            written = exports.write_archive(
                draft, rows, lambda done: context.report(done, max(done, total), "rendering")
            )
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    return {"location": LOCATION.format(context.id), "articles": written}


def find_file(job_id: str) -> Path:
    folder: Path = current_app.extensions["exports"]
    return folder / f"{job_id}.zip"
