"""JSON is written once, by orjson."""

from datetime import datetime
from typing import Any

import orjson
from flask import Flask, Response
from flask.json.provider import JSONProvider

TYPE = "application/json"


class Provider(JSONProvider):
    """For what goes through `flask.json` all the same, such as the test client."""

    def dumps(self, obj: Any, **kwargs: Any) -> str:  # noqa: ARG002
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:  # noqa: ARG002
        return orjson.loads(s)


def init_app(app: Flask) -> None:
    app.json = Provider(app)


def respond(payload: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(payload), status, content_type=TYPE)


def iso(time: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, such as 2026-11-20T04:11:22.123Z."""
    return time.isoformat(timespec="milliseconds")[:-6] + "Z"
