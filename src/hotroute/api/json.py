"""JSON responses, written once, by orjson."""

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


def without_content(status: int = 204) -> Response:
    """And so without a type of it, which Flask would say (RFC 9110, section 8.3)."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response
