"""The least that an answer from Redis can cost under Gunicorn: what a hit asks for, and nothing else of a hit."""

import json
import os
import threading
from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING

from hotroute.cache.redis_client import endpoint
from hotroute.cache.redis_client.connection import RedisConnection, pack

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PATIENCE = 2.0
"""Seconds; a busy machine is no outage."""

TEXT = "x" * 11_000
"""Of a list of 20 articles."""

STORED = (
    ("SET", "round-trip:born", "1"),
    ("MSET", "round-trip:one", "1", "round-trip:another", "2"),
    ("HSET", "round-trip:entry", "vector", "1 2", "head", "head", "identity", json.dumps({"text": TEXT})),
)
ASKED = (
    ("GETEX", "round-trip:born"),
    ("MGET", "round-trip:one", "round-trip:another"),
    ("HMGET", "round-trip:entry", "vector", "head", "identity"),
)
COMMANDS = b"".join(map(pack, ASKED))


own = threading.local()


def connect() -> RedisConnection:
    """For this thread, whose first request it is."""
    deadline = monotonic() + PATIENCE
    place = endpoint.parse(f"redis://127.0.0.1:{os.environ['REDIS_PORT']}/0")
    own.wire = made = RedisConnection(place.locate(deadline), deadline)
    made.execute(STORED, deadline)
    return made


def function(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    wire: RedisConnection = getattr(own, "wire", None) or connect()
    *_, entry = wire.send_packed(COMMANDS, len(ASKED), monotonic() + PATIENCE)
    body: bytes = entry[-1]
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
