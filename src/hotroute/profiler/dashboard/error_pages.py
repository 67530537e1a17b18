"""Pages in words where there is nothing better to show: a refusal, an unreadable storage, a mistake of our own."""

import logging

from flask import Response, make_response, render_template
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from hotroute.profiler.dashboard.blueprint import blueprint, common

log = logging.getLogger(__name__)

TITLES = {401: "A password, please", 429: "Too many wrong passwords", 503: "The history cannot be read"}
UNREADABLE = (
    "The application is not affected: requests are served, and counted again as soon as the storage answers. "
    "Look at PROFILER_URL, at the space on its disk, and at the application's log."
)
MISTAKE = "The dashboard made a mistake. The application is not affected; the log has the traceback."
RETRY_AFTER = "5"


def page(status: int, words: str, reason: str = "") -> str:
    """The HTML of a page of which nothing is known but this."""
    title = TITLES.get(status, "That did not work")
    return render_template("profiler/failure.html", status=status, title=title, words=words, reason=reason, **common())


@blueprint.errorhandler(HTTPException)
def answer_http(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    return error if status < 400 else make_response(page(status, error.description or error.name), status)


@blueprint.errorhandler(SQLAlchemyError)
@blueprint.errorhandler(OSError)
def answer_unreadable(error: Exception) -> tuple[str, int, dict[str, str]]:
    log.warning("the profiler's storage cannot be read: %s", error)
    # The class only: SQLAlchemy's message has the statement and its values.
    return page(503, UNREADABLE, type(error).__name__), 503, {"Retry-After": RETRY_AFTER}


@blueprint.errorhandler(Exception)
def answer_mistake(error: Exception) -> tuple[str, int]:
    log.error("the profiler's dashboard failed", exc_info=error)
    return page(500, MISTAKE), 500
