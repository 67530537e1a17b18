"""Calls to the API that read as a conversation."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from conduit.app import create_app
from conduit.config import Settings
from conduit.extensions import db

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Person:
    """Somebody who has registered."""

    name: str
    email: str
    token: str


class Api:
    """The application's API, called by someone (`by`) or by nobody in particular."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def call(
        self, method: str, path: str, json: Any = None, by: Person | None = None, headers: Mapping[str, str] = {}
    ) -> TestResponse:
        sent = dict(headers)
        if by is not None:
            sent["Authorization"] = f"Token {by.token}"
        return self.client.open(f"/api{path}", method=method, json=json, headers=sent, buffered=True)

    def get(self, path: str, by: Person | None = None) -> TestResponse:
        return self.call("GET", path, by=by)

    def post(self, path: str, json: Any = None, by: Person | None = None) -> TestResponse:
        return self.call("POST", path, json, by)

    def put(self, path: str, json: Any = None, by: Person | None = None) -> TestResponse:
        return self.call("PUT", path, json, by)

    def delete(self, path: str, by: Person | None = None) -> TestResponse:
        return self.call("DELETE", path, by=by)

    def register(self, name: str) -> Person:
        email = f"{name.lower()}@example.com"
        answer = self.post("/users", {"user": {"username": name, "email": email, "password": PASSWORD}})
        assert answer.status_code == 201, answer.text
        return Person(name, email, answer.json["user"]["token"])  # type: ignore[index]

    def publish(self, by: Person, title: str = "Dragons", tags: list[str] | None = None, **fields: str) -> Any:
        draft = {"title": title, "description": "About it", "body": "All of it", "tagList": tags or [], **fields}
        answer = self.post("/articles", {"article": draft}, by)
        assert answer.status_code == 201, answer.text
        return answer.json["article"]  # type: ignore[index]

    def titles(self, path: str = "/articles", by: Person | None = None) -> list[str]:
        """The titles of a list, in its order."""
        return [article["title"] for article in self.read(path, by)["articles"]]

    def read(self, path: str, by: Person | None = None) -> Any:
        answer = self.get(path, by)
        assert answer.status_code == 200, answer.text
        return answer.json


@contextmanager
def running(settings: Settings, **changes: object) -> Iterator[Api]:
    """The API of an application of its own, with some settings changed."""
    app = create_app(settings.model_copy(update=changes))
    try:
        yield Api(app)
    finally:
        close(app)


def close(app: Flask) -> None:
    """What a process's end closes: the fence's thread, and the connections."""
    if fence := app.extensions.get("fence"):
        fence.stop()
    with app.app_context():
        db.engine.dispose()


def errors(answer: TestResponse) -> Any:
    """The messages by field, from an answer that has the API's one shape of an error."""
    assert set(answer.json or {}) == {"errors"}, answer.text
    return answer.json["errors"]  # type: ignore[index]
