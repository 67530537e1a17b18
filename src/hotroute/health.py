"""Whether the process lives (`/healthz`) and whether it can serve (`/readyz`)."""

import logging
from collections.abc import Callable, Mapping

from flask import Blueprint, Response, jsonify

Check = Callable[[], object]
"""Raises where its part cannot be reached."""


class Degraded(Exception):
    """An error of a part that answers, and cannot do all that it is for; its text names what is missing."""


log = logging.getLogger(__name__)


def blueprint(*, needed: Mapping[str, Check], wanted: Mapping[str, Check]) -> Blueprint:
    """The two routes.

    Args:
        needed: without these nothing can be served; /readyz answers 503.
        wanted: without these it is served, slower; /readyz says so and answers 200, for a load balancer that took
            every server out because the cache is down would make an outage of it.
    """
    health = Blueprint("health", __name__)

    @health.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="alive")

    @health.get("/readyz")
    def readyz() -> tuple[Response, int, dict[str, str]]:
        found = {name: try_out(name, check) for name, check in {**needed, **wanted}.items()}
        down = [name for name, state in found.items() if state != "ok"]
        if any(name in needed for name in down):
            return jsonify(status="unavailable", checks=found), 503, {"Retry-After": "2", "Cache-Control": "no-store"}
        return jsonify(status="degraded" if down else "ready", checks=found), 200, {"Cache-Control": "no-store"}

    return health


def try_out(name: str, check: Check) -> str:
    try:
        check()
    except Degraded as missing:
        log.warning("%s cannot do what it is for: %s", name, missing)
        return f"degraded: {missing}"
    except Exception as reason:  # whatever it is, it is the reason why the part is not there
        because = f"{type(reason).__name__}: {reason}".splitlines()[0]
        log.warning("%s is not reachable: %s", name, because)
        return f"unreachable: {because}"
    return "ok"
