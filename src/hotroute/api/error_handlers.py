"""Answers to errors in the API's one shape, whichever part raises them."""

import logging
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import exc
from werkzeug.exceptions import HTTPException

from hotroute.api.errors import ApiError, Taken
from hotroute.api.json import respond
from hotroute.api.options import get_options
from hotroute.cache import MarkExpiredError, Unreachable
from hotroute.database.constraints import UniqueViolationError

log = logging.getLogger(__name__)

RETRY_AFTER = 2
"""Seconds; about what a database takes to come back or a queue for it to shorten."""

# With these the database did not do what it was asked; what it could not do at all is another error.
UNAVAILABLE = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)

WORDS = {
    400: "is not a valid request",
    404: "not found",
    405: "method not allowed",
    413: "is too large",
    415: "must have the content type application/json",
    429: "too many attempts, try again later",
}


def init_app(app: Flask) -> None:
    app.register_error_handler(ApiError, answer)
    app.register_error_handler(UniqueViolationError, answer_taken)
    app.register_error_handler(HTTPException, answer_http)
    for unavailable in UNAVAILABLE:
        app.register_error_handler(unavailable, answer_unavailable)
    app.register_error_handler(Unreachable, answer_untold)
    app.register_error_handler(MarkExpiredError, answer_untold)
    app.register_error_handler(Exception, answer_fault)


def shape(status: int, message: str, headers: dict[str, str] | None = None) -> Response:
    response = respond(get_options().build_error({"body": [message]}), status)
    response.headers.update(headers or {})
    return response


def answer(error: ApiError) -> Response:
    response = respond(get_options().build_error(error.errors), error.status)
    if error.status == 401:
        # RFC 9110, section 11.6.1: a 401 says how to authenticate.
        response.headers["WWW-Authenticate"] = get_options().challenge
    return response


def answer_taken(violation: UniqueViolationError) -> Response:
    return answer(Taken(*violation.columns))


def answer_http(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    kept = {name: value for name, value in error.get_headers(request.environ) if name != "Content-Type"}
    return shape(status, WORDS.get(status, error.name.lower()), kept)


def answer_unavailable(error: Any) -> Response:
    log.error("the database is not available", exc_info=error)
    return shape(503, "the database is not available, try again", {"Retry-After": str(RETRY_AFTER)})


def answer_untold(reason: Exception) -> Response:
    """Nothing was written: Redis is told of a write before its COMMIT, and not long before."""
    log.warning("a write was refused, for the cache could not be told of it: %s", reason)
    return shape(503, "the cache is not available, try again", {"Retry-After": str(RETRY_AFTER)})


def answer_fault(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    return shape(500, "internal server error")
