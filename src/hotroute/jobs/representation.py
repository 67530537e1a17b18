"""A job as JSON has it, for the status resource and for those who follow one."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.engine import RowMapping


def describe(row: RowMapping) -> dict[str, Any]:
    """Return a job's row as callers see it: without arguments, traceback and worker."""
    return {
        "job": {
            "id": row["id"],
            "kind": row["kind"],
            "state": row["state"],
            "attempt": row["attempt"],
            "progress": {"done": row["done"], "total": row["total"], "message": row["message"]},
            "createdAt": format_time(row["created_at"]),
            "startedAt": format_time(row["started_at"]),
            "finishedAt": format_time(row["finished_at"]),
            "problem": row["problem"] if row["state"] == "failed" else None,
        }
    }


def format_time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
