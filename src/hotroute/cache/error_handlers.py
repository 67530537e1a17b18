"""What a client is told when a write could not be announced: try again, for nothing was written."""

import logging

from flask import Flask, Response

from hotroute.cache.redis_client.client import Unreachable
from hotroute.cache.tracking.writes import MarkExpiredError

log = logging.getLogger(__name__)

RETRY_AFTER = 2
"""Seconds."""


def answer_503(app: Flask) -> None:
    """Unless the application answers these in its own way."""
    for refusal in (Unreachable, MarkExpiredError):
        app.error_handler_spec[None][None].setdefault(refusal, unavailable)


def unavailable(reason: Exception) -> Response:
    log.warning("a write was refused, for the cache could not be told of it: %s", reason)
    return Response("the cache is not available, try again\n", 503, {"Retry-After": str(RETRY_AFTER)}, "text/plain")
