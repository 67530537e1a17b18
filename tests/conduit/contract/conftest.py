"""What the contract's tests share: our document, and a small world in which every operation can succeed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr
from werkzeug.test import TestResponse

from conduit.app import create_app
from conduit.config import Settings
from tests.api import Api, Person, close
from tests.conduit.contract.documents import Document, contract
from tests.servers import free_port

MakeApp = Callable[..., Flask]


@cache
def published() -> Document:
    """Our document, as it is served; its application's database is never opened."""
    app = create_app(
        Settings(secret_key=SecretStr("x" * 32), database_url="sqlite:///unused.db", profiler_enabled=False)
    )
    return Document(app.test_client().get("/openapi.json").json)  # type: ignore[arg-type]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`operation_id` is each operation of the contract; `announced` each pair of operation and error of ours."""
    if "operation_id" in metafunc.fixturenames:
        metafunc.parametrize("operation_id", contract().operations)
    if "announced" in metafunc.fixturenames:
        ours = published().operations.values()
        pairs = [(operation.id, status) for operation in ours for status in operation.errors]
        metafunc.parametrize("announced", pairs, ids=[f"{name}-{status}" for name, status in pairs])


@pytest.fixture
def document() -> Document:
    return published()


@pytest.fixture
def make_app(settings: Settings) -> Iterator[MakeApp]:
    """Makes applications with settings changed; the connections of their databases are closed in the end."""
    made: list[Flask] = []

    def make(**changes: object) -> Flask:
        made.append(create_app(settings.model_copy(update=changes)))
        return made[-1]

    yield make
    for app in made:
        close(app)


@dataclass
class World:
    """Jake has published `how-to-train-your-dragon`, with a comment; Celeb has done nothing yet."""

    make_app: MakeApp
    api: Api
    document: Document
    jake: Person
    celeb: Person
    comment: int

    def call(self, operation_id: str, by: Person | None, path: dict[str, Any], **sent: Any) -> TestResponse:
        """Call an operation; `sent` are arguments of werkzeug's test client."""
        operation = self.document.operations[operation_id]
        if by is not None:
            sent["headers"] = {"Authorization": f"Token {by.token}", **sent.get("headers", {})}
        return self.api.client.open(operation.path.format(**path), method=operation.method, **sent)


@pytest.fixture
def world(make_app: MakeApp, api: Api, document: Document) -> World:
    jake, celeb = api.register("jake"), api.register("celeb")
    slug = api.publish(jake, "How to train your dragon", ["dragons"])["slug"]
    comment = api.post(f"/articles/{slug}/comments", {"comment": {"body": "Thanks!"}}, jake).json
    assert comment is not None
    return World(make_app, api, document, jake, celeb, comment["comment"]["id"])


@pytest.fixture
def without_database(settings: Settings, make_app: MakeApp, tmp_path: Path) -> Flask:
    """An application whose database does not answer: its file is a folder, or nobody listens on its port."""
    file, server = f"sqlite:///{tmp_path}", f"postgresql://127.0.0.1:{free_port()}/conduit"
    return make_app(database_url=file if settings.database.startswith("sqlite") else server)
