"""A job's changes by Socket.IO: a client emits `follow` with a job's id, and gets `job` events from then on."""

from typing import Any

from flask import Flask, request
from werkzeug.exceptions import HTTPException

from hotroute.extras import extra
from hotroute.jobs.announcing import EVENT
from hotroute.jobs.extension import JobsState
from hotroute.jobs.http import get_own_job
from hotroute.jobs.representation import describe

with extra("jobs"):
    from flask_socketio import SocketIO, emit, join_room, leave_room

PATH = "socket.io"


def add_socketio(app: Flask, state: JobsState, origins: list[str] | str) -> SocketIO:
    """Serve Socket.IO in front of `app`. A browser gives its token as `auth: {token}`, which no URL shows.

    Args:
        origins: of the pages that may connect.
    """
    socketio = SocketIO(
        app, path=PATH, async_mode="gevent", cors_allowed_origins=origins, message_queue=state.options.message_queue
    )

    @socketio.on("connect")
    def accept_token(auth: Any = None) -> None:
        token = auth.get("token") if isinstance(auth, dict) else None
        if isinstance(token, str):
            request.environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"

    @socketio.on("follow")
    def follow(job_id: Any) -> dict[str, Any]:
        """Join a job's room; the acknowledgement has its state, or the status of an error."""
        try:
            row = get_own_job(str(job_id))
        except HTTPException as refused:
            return {"error": refused.code}
        except Exception as refused:  # the application's own errors have a status too
            return {"error": getattr(refused, "status", 500)}
        join_room(row["id"])
        emit(EVENT, describe(row))
        return describe(row)

    @socketio.on("unfollow")
    def unfollow(job_id: Any) -> None:
        leave_room(str(job_id))

    return socketio
