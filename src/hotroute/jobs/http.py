"""Jobs over HTTP: 202 for a request that takes long, and a status resource to poll, to follow and to cancel by.

The pattern is "Asynchronous Request-Reply" of the Azure Architecture Center, with the statuses of RFC 9110: 202
(section 15.3.3) for the request, 303 (section 15.4.4) from the status to the result.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

import orjson
from flask import Blueprint, Response, abort, after_this_request, request
from sqlalchemy.engine import RowMapping

from hotroute.jobs.extension import JobsState, get_state
from hotroute.jobs.representation import describe
from hotroute.jobs.storage.outbox import IdempotencyKeyReusedError
from hotroute.jobs.storage.table import FINISHED

POLL_SECONDS = 1
"""How soon a client may ask again, as `Retry-After`."""

KEY_CHARACTERS = 128
View = Callable[..., Any]


def accept(row: RowMapping) -> dict[str, Any]:
    """Return the body of a 202 for a job, and add its header fields to the response."""
    location = locate(get_state(), row["id"])

    @after_this_request
    def add_location(response: Response) -> Response:
        response.status_code = 202
        response.headers.update({"Location": location, "Retry-After": str(POLL_SECONDS)})
        return response

    return describe(row)


def read_idempotency_key() -> str | None:
    """Return the request's `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header); aborts with 400."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= KEY_CHARACTERS and key.isascii() and key.isprintable()):
        abort(400, f"Idempotency-Key: needs 1 to {KEY_CHARACTERS} printable ASCII characters")
    return key


def make_blueprint(state: JobsState) -> Blueprint:
    """Return the status resource: `<url_prefix>/<id>` and its result."""
    blueprint = Blueprint("jobs", __name__, url_prefix=state.options.url_prefix)
    blueprint.get("/<job_id>")(show_job)
    blueprint.get("/<job_id>/result")(show_result)
    blueprint.delete("/<job_id>")(cancel_job)
    blueprint.after_request(forbid_storing)
    return blueprint


def show_job(job_id: str) -> Response:
    """Show a job; once it has succeeded, lead to its result."""
    row = get_own_job(job_id)
    response = respond(describe(row))
    if row["state"] == "succeeded":
        response.status_code = 303
        response.headers["Location"] = locate_result(row)
    elif row["state"] not in FINISHED:
        response.headers["Retry-After"] = str(POLL_SECONDS)
    return response


def show_result(job_id: str) -> Response:
    """Show what a succeeded job returned."""
    row = get_own_job(job_id)
    if row["state"] != "succeeded":
        abort(404)
    return respond(row["result"])


def cancel_job(job_id: str) -> Response:
    """Cancel a job, also one that runs; a finished one stays as it is."""
    get_own_job(job_id)
    state = get_state()
    state.status.request_cancel(job_id, state.options.identify_owner(request))
    return respond(describe(get_own_job(job_id)))


def get_own_job(job_id: str) -> RowMapping:
    """Return the caller's job; aborts with 404 for an unknown one and another's, with 410 after its retention."""
    state = get_state()
    row = state.status.find(job_id, state.options.identify_owner(request))
    if row is None:
        abort(404)
    if row["state"] == "expired":
        abort(410)
    return row


def locate(state: JobsState, job_id: str) -> str:
    """Return the path of a job's status, below the path that the application is mounted on."""
    return quote(request.script_root, safe="/") + f"{state.options.url_prefix}/{job_id}"


def locate_result(row: RowMapping) -> str:
    """Return the path of a job's result: what its function returned as `location`, or the result resource."""
    result = row["result"]
    location = result.get("location") if isinstance(result, dict) else None
    if isinstance(location, str):
        return quote(request.script_root, safe="/") + location
    return locate(get_state(), row["id"]) + "/result"


def respond(payload: Any) -> Response:
    return Response(orjson.dumps(payload), content_type="application/json")


def forbid_storing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def job(enqueue: Callable[..., RowMapping]) -> Callable[[View], View]:
    """Make a view asynchronous: it returns the arguments of a job in place of an answer.

    Write it below `@operation(..., status=202)`.

    Args:
        enqueue: called with what the view returned and the request's idempotency key; adds the job and commits.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def accept_view(**arguments: Any) -> dict[str, Any]:
            key = read_idempotency_key()
            try:
                return accept(enqueue(view(**arguments), key))
            except IdempotencyKeyReusedError:
                abort(422, "Idempotency-Key: belongs to a request with other content; use a new one")

        return accept_view

    return decorate
