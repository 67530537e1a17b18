"""What the fuzz shares: the API behind a real Gunicorn, on each database, with limits that do not stop it."""

import json
from collections.abc import Iterator
from time import sleep
from typing import Any

import pytest

from hotroute.request_log import PAUSE
from tests import databases, servers
from tests.conftest import SECRET
from tests.servers import Server

UNLIMITED = "1000000 per minute"


@pytest.fixture(scope="module")
def server(database_url: str, redis_url: str) -> Iterator[Server]:
    """Gunicorn with the API on an empty database."""
    with databases.connected(database_url) as engine:
        databases.empty(engine)
    environ = {
        "SECRET_KEY": SECRET,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "LOGIN_RATE_LIMIT": UNLIMITED,
        "REGISTRATION_RATE_LIMIT": UNLIMITED,
        "ACCOUNT_RATE_LIMIT": UNLIMITED,
    }
    with servers.gunicorn_server("wsgi:app", environ) as running:
        yield running


def requests_seen(server: Server) -> list[dict[str, Any]]:
    """The server's log lines, one for each request; anything but the API's log is not a line of JSON."""
    sleep(10 * PAUSE)  # Each worker writes what waits.
    lines = [json.loads(line) for line in server.output().split("\n") if line]
    return [line for line in lines if line["logger"] == "hotroute.request"]
