"""A job's changes as Server-Sent Events (HTML Living Standard, section 9.2)."""

from collections.abc import Iterator

import orjson
from flask import Blueprint, Response, request, stream_with_context
from sqlalchemy.engine import RowMapping

from hotroute.jobs.extension import JobsState
from hotroute.jobs.http import get_own_job
from hotroute.jobs.representation import describe
from hotroute.jobs.storage.table import FINISHED
from hotroute.jobs.stream.watcher import JobWatcher

SILENCE_SECONDS = 10.0
"""A comment is sent after this without a change, so that no proxy takes the connection for a dead one."""

RETRY_MILLISECONDS = 1000


def make_blueprint(state: JobsState) -> Blueprint:
    """Return the resource `<url_prefix>/<id>/events`."""
    blueprint = Blueprint("job_events", __name__, url_prefix=state.options.url_prefix)
    watcher = JobWatcher(state.status)

    @blueprint.get("/<job_id>/events")
    def follow_job(job_id: str) -> Response:
        """Send a job's state now and at each change, until it is finished.

        A client that comes back says by `Last-Event-ID` what it has seen; where nothing more will come it gets 204,
        which ends the reconnecting of an EventSource.
        """
        row = get_own_job(job_id)
        seen = read_last_event_id()
        if row["state"] in FINISHED and seen >= row["version"]:
            return Response(status=204)
        events = stream_with_context(send_events(watcher, state, job_id, seen))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Response(events, content_type="text/event-stream", headers=headers)

    return blueprint


def read_last_event_id() -> int:
    """Return the version that the client has seen; 0 for one that says none, or anything else than ours."""
    value = request.headers.get("Last-Event-ID", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def send_events(watcher: JobWatcher, state: JobsState, job_id: str, seen: int) -> Iterator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n"
    with watcher.watch(job_id):
        while True:
            row = watcher.wait_for_change(job_id, seen, SILENCE_SECONDS)
            if row is None:
                # A token that has run out meanwhile ends the stream, as it would be refused by the status.
                state.options.identify_owner(request)
                yield ":\n\n"
                continue
            seen = row["version"]
            yield format_event(row)
            if row["state"] in (*FINISHED, "expired"):
                return


def format_event(row: RowMapping) -> str:
    return f"id: {row['version']}\nevent: job\ndata: {orjson.dumps(describe(row)).decode()}\n\n"
