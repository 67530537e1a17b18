"""The whole stack as `make run` starts it, and a front end that calls it over HTTPS."""

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPMessage
from typing import Any, NamedTuple

import pytest

from tests.api import PASSWORD
from tests.servers import Proxy, stack

ORIGIN = "https://front.example"


class Answer(NamedTuple):
    """`json` is None where the answer has no content."""

    status: int
    headers: HTTPMessage
    json: Any


class FrontEnd:
    """Calls the API as a page in a browser does; the calls share nothing but the token."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.token = ""

    def call(self, method: str, path: str, payload: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        sent = {"X-Requested-With": "XMLHttpRequest", **(headers or {})}
        if self.token:
            sent["Authorization"] = f"Token {self.token}"
        if payload is not None:
            sent["Content-Type"] = "application/json"
        body = None if payload is None else json.dumps(payload).encode()
        response, content = self.proxy.request(method, path, body, sent)
        return Answer(response.status, response.headers, json.loads(content) if content else None)

    def get(self, path: str) -> Any:
        return self.expect(200, "GET", path)

    def expect(self, status: int, method: str, path: str, payload: Any = None) -> Any:
        """The answer's JSON, if it has this status."""
        answer = self.call(method, f"/api{path}", payload)
        assert answer.status == status, answer
        return answer.json

    def register(self, name: str) -> None:
        """Register, and stay signed in."""
        user = {"username": name, "email": f"{name}@example.com", "password": PASSWORD}
        self.token = self.expect(201, "POST", "/users", {"user": user})["user"]["token"]


@pytest.fixture(scope="session")
def proxy() -> Iterator[Proxy]:
    """Nginx in front of Gunicorn, beside Redis, all started by `hotroute up`, with fifty articles in the database."""
    application = {"SEED_ARTICLES": "50", "CORS_ORIGINS": ORIGIN, "LOGIN_RATE_LIMIT": "5 per minute"}
    with stack(environ=application) as running:
        yield running


@pytest.fixture
def nobody(proxy: Proxy) -> FrontEnd:
    """Somebody who is not signed in."""
    return FrontEnd(proxy)
