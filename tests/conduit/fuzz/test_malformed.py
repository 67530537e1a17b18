"""Malformed input gets a clear 4xx in the API's shape, and leaves the database as it was."""

import io
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from conduit.extensions import db
from conduit.models import Base
from tests.api import PASSWORD, Api, Person
from tests.conduit.contract.shape import is_error
from tests.conduit.fuzz import cases

JSON = cases.JSON
MEBIBYTE = 1024 * 1024


class Write(NamedTuple):
    """A call that would change something, if it were right."""

    method: str
    path: str
    payload: dict[str, dict[str, Any]]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


WRITES = [
    Write("POST", "/api/users", {"user": {"username": "new", "email": "new@example.com", "password": PASSWORD}}),
    Write("POST", "/api/users/login", {"user": {"email": "jake@example.com", "password": PASSWORD}}),
    Write("PUT", "/api/user", {"user": {"email": "new@example.com", "username": "new", "password": PASSWORD}}),
    Write("POST", "/api/articles", {"article": {"title": "New", "description": "d", "body": "b", "tagList": ["new"]}}),
    Write(
        "PUT", "/api/articles/dragons", {"article": {"title": "New", "description": "d", "body": "b", "tagList": ["a"]}}
    ),
    Write("POST", "/api/articles/dragons/comments", {"comment": {"body": "Thanks!"}}),
]
Rows = dict[str, int]


@pytest.fixture
def jake(api: Api) -> Person:
    """He has published `dragons`, with one comment."""
    jake = api.register("jake")
    api.publish(jake)
    assert api.post("/articles/dragons/comments", {"comment": {"body": "First"}}, jake).status_code == 200
    return jake


@pytest.fixture(autouse=True)
def nothing_is_written(app: Flask, jake: Person) -> Iterator[None]:
    before = rows(app)
    yield
    assert rows(app) == before


def rows(app: Flask) -> Rows:
    with app.app_context(), db.engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }


def send(api: Api, method: str, path: str, jake: Person, **sent: Any) -> int:
    """Call by Jake; `sent` are arguments of Werkzeug's test client."""
    headers = {"Authorization": f"Token {jake.token}"}
    return told(api.client.open(path, method=method, headers=headers, **{"content_type": JSON, **sent}))


def told(answer: TestResponse) -> int:
    """The status, and that the answer is an error in the API's shape."""
    assert answer.content_type == JSON
    assert is_error(answer.json), answer.text[:200]
    return answer.status_code


@pytest.mark.parametrize("body", cases.UNREADABLE.values(), ids=cases.UNREADABLE)
def test_a_body_that_is_not_json_in_utf_8_is_a_400(api: Api, jake: Person, body: bytes) -> None:
    for write in WRITES:
        assert send(api, write.method, write.path, jake, data=body) == 400, write


@pytest.mark.parametrize("body", cases.NOT_AN_ARTICLE.values(), ids=cases.NOT_AN_ARTICLE)
def test_json_that_is_no_article_is_a_422(api: Api, jake: Person, body: bytes) -> None:
    assert send(api, "POST", "/api/articles", jake, data=body) == 422


@pytest.mark.parametrize("write", WRITES, ids=str)
def test_a_wrong_type_in_any_place_is_a_422(api: Api, jake: Person, write: Write) -> None:
    for payload in wrong_payloads(write):
        assert send(api, write.method, write.path, jake, data=json.dumps(payload).encode()) == 422, payload


def wrong_payloads(write: Write) -> Iterator[object]:
    """The payload with a wrong type in the place of all of it, of its one object, and of each field."""
    [(name, fields)] = write.payload.items()
    for wrong in cases.WRONG_VALUES:
        yield wrong
        if not isinstance(wrong, dict):
            yield {name: wrong}
        for field, right in fields.items():
            no_new_password = wrong is None and field == "password" and write.method == "PUT"
            if not no_new_password and type(wrong) is not type(right):
                yield {name: {**fields, field: wrong}}


@pytest.mark.parametrize("kind", cases.OTHER_TYPES.values(), ids=cases.OTHER_TYPES)
def test_a_content_type_other_than_json_in_utf_8_is_a_415(api: Api, jake: Person, kind: str | None) -> None:
    for write in WRITES:
        body = json.dumps(write.payload).encode()
        assert send(api, write.method, write.path, jake, data=body, content_type=kind) == 415, write


@pytest.mark.parametrize("path", ["/api/articles", "/api/articles/feed"])
def test_an_absurd_limit_or_offset_is_refused(api: Api, jake: Person, path: str) -> None:
    for query, status in cases.QUERIES.items():
        assert send(api, "GET", f"{path}?{query}", jake) == status, query


def test_an_unreadable_filter_is_refused(api: Api, jake: Person) -> None:
    for query, status in cases.FILTERS.items():
        assert send(api, "GET", f"/api/articles?{query}", jake) == status, query


@pytest.mark.parametrize("path", ["/articles", "/articles/feed"])
def test_the_largest_page_that_is_allowed_is_empty_and_no_error(api: Api, jake: Person, path: str) -> None:
    assert api.read(f"{path}?limit=100&offset={2**31 - 1}", jake)["articles"] == []


@pytest.mark.parametrize("segment", cases.SEGMENTS.values(), ids=cases.SEGMENTS)
def test_a_malformed_path_is_a_404(api: Api, jake: Person, segment: str) -> None:
    for method in ("GET", "DELETE"):
        assert send(api, method, f"/api/articles/{segment}", jake) == 404
    assert send(api, "GET", f"/api/articles/{segment}/comments", jake) == 404
    assert send(api, "GET", f"/api/profiles/{segment}", jake) == 404
    for method in ("POST", "DELETE"):
        assert send(api, method, f"/api/profiles/{segment}/follow", jake) == 404
        assert send(api, method, f"/api/articles/{segment}/favorite", jake) == 404


@pytest.mark.parametrize("number", cases.COMMENT_IDS)
def test_a_comment_with_a_malformed_number_is_a_404(api: Api, jake: Person, number: str) -> None:
    assert send(api, "DELETE", f"/api/articles/dragons/comments/{number}", jake) == 404


def test_a_token_that_cannot_be_believed_is_a_401_everywhere(api: Api, jake: Person) -> None:
    for name, token in cases.tokens(user_id=1).items():
        for method, path in (("GET", "/api/user"), ("GET", "/api/articles"), ("DELETE", "/api/articles/dragons")):
            answer = api.client.open(path, method=method, headers={"Authorization": f"Token {token}"})
            assert (told(answer), answer.headers["WWW-Authenticate"]) == (401, 'Token realm="conduit"'), name


@pytest.mark.parametrize(
    "header", ["", " ", "Token", "Basic amFrZTpqYWtl", "token\t", "Digest x=y", "\xe9", "," * 7000]
)
def test_an_authorization_of_another_kind_is_a_401(api: Api, jake: Person, header: str) -> None:
    for path in ("/api/user", "/api/articles", "/api/profiles/jake"):
        answer = api.client.get(path, headers={"Authorization": header})
        assert told(answer) == 401


def test_a_token_with_the_right_claims_is_believed(api: Api, jake: Person) -> None:
    """The cases are refused for what is wrong with them, not for how they were made."""
    good = cases.signed({"sub": "1", "iat": 1, "exp": 4_102_444_800})
    assert api.client.get("/api/user", headers={"Authorization": f"Token {good}"}).status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("write", WRITES, ids=str)
def test_a_body_over_one_mebibyte_is_a_413(api: Api, jake: Person, write: Write, chunked: bool) -> None:
    body = b'{"article": "' + b"x" * MEBIBYTE + b'"}'
    stream = {
        "input_stream": io.BytesIO(body),
        "environ_overrides": {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    }
    assert send(api, write.method, write.path, jake, **(stream if chunked else {"data": body})) == 413


@pytest.mark.parametrize("length", ["-1", "abc", "9" * 30, "1e3", ""])
def test_a_content_length_that_is_no_length_is_refused(api: Api, jake: Person, length: str) -> None:
    sent = {"input_stream": io.BytesIO(cases.GOOD), "environ_overrides": {"CONTENT_LENGTH": length}}
    assert send(api, "POST", "/api/articles", jake, **sent) in {400, 413}
