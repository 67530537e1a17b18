"""The least that a request can cost on this machine: what Gunicorn serves for comparison."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, jsonify

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TEXT = "x" * 2000
BODY = json.dumps({"text": TEXT}).encode()
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(BODY)))]


def function(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Bare WSGI (PEP 3333): about 2 KB of JSON, made beforehand."""
    start_response("200 OK", list(HEADERS))
    return [BODY]


flask = Flask(__name__)


@flask.get("/")
def view() -> Response:
    return jsonify(hello="world")
