"""Every error that our document announces can really be had, and every error has the one shape."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.api import Api
from tests.conduit.contract.conftest import MakeApp, World
from tests.conduit.contract.documents import Document
from tests.conduit.contract.shape import is_error
from tests.conduit.contract.test_answers import BODIES, PATHS, SLUG

JSON = "application/json"
MEBIBYTE = 1024 * 1024


def test_an_announced_error_can_be_had(world: World, announced: tuple[str, int], without_database: Flask) -> None:
    operation_id, status = announced
    if status == 503:
        world.api = Api(without_database)
    answer = CAUSES[status](world, operation_id)
    assert answer.status_code == status, answer.text
    assert is_error(answer.json), answer.text
    assert answer.content_type == JSON
    schema = world.document.operations[operation_id].responses[status]
    assert schema is not None
    world.document.validator(schema).validate(answer.json)


def sending(**sent: Any) -> Callable[[World, str], TestResponse]:
    """A call by Jake that is right but for what is `sent`."""
    return lambda world, operation_id: world.call(operation_id, world.jake, valid_path(world, operation_id), **sent)


def valid_path(world: World, operation_id: str) -> dict[str, Any]:
    return PATHS.get(operation_id, {**SLUG, "id": world.comment})


def unreadable(world: World, operation_id: str) -> TestResponse:
    if operation_id in BODIES:
        return sending(data=b'{"user": ', content_type=JSON)(world, operation_id)
    return sending(query_string="limit=%FF")(world, operation_id)


def nobody(world: World, operation_id: str) -> TestResponse:
    if operation_id == "Login":
        wrong = {"user": {"email": "jake@example.com", "password": "not this one"}}
        return world.call(operation_id, None, {}, json=wrong)
    garbage = {"Authorization": "Token garbage"}
    path = valid_path(world, operation_id)
    return world.call(operation_id, None, path, json=BODIES.get(operation_id), headers=garbage)


def another_user(world: World, operation_id: str) -> TestResponse:
    return world.call(operation_id, world.celeb, valid_path(world, operation_id), json=BODIES.get(operation_id))


def unknown(world: World, operation_id: str) -> TestResponse:
    nothing = {"slug": "nothing", "username": "nobody", "id": 1}
    return world.call(operation_id, world.jake, nothing, json=BODIES.get(operation_id))


def not_acceptable(world: World, operation_id: str) -> TestResponse:
    if operation_id in BODIES:
        return sending(json={})(world, operation_id)
    return sending(query_string={"limit": "0"})(world, operation_id)


def again_and_again(world: World, operation_id: str) -> TestResponse:
    limited = {"Login": "login_rate_limit", "CreateUser": "registration_rate_limit"}[operation_id]
    world.api = Api(world.make_app(**{limited: "2 per hour"}))
    user = {"username": "new", "email": f"{uuid4().hex}@example.com", "password": "wrong password"}
    for _ in range(2):
        assert world.call(operation_id, None, {}, json={"user": user}).status_code != 429
    refused = world.call(operation_id, None, {}, json={"user": user})
    # The limiter counts whole seconds, and rounds up.
    assert 1 <= int(refused.headers["Retry-After"]) <= 3601
    return refused


def right(world: World, operation_id: str) -> TestResponse:
    answer = sending(json=BODIES.get(operation_id))(world, operation_id)
    assert int(answer.headers["Retry-After"]) >= 1
    return answer


CAUSES: dict[int, Callable[[World, str], TestResponse]] = {
    400: unreadable,
    401: nobody,
    403: another_user,
    404: unknown,
    413: sending(data=b'"' + b"x" * MEBIBYTE + b'"', content_type=JSON),
    415: sending(data=b"{}", content_type="text/plain"),
    422: not_acceptable,
    429: again_and_again,
    503: right,
}


@pytest.mark.parametrize("path", ["/", "/nothing", "/api", "/api/", "/api/nothing", "/api/articles/a/b/c", "/docs/x"])
def test_an_unknown_path_is_not_found(api: Api, path: str) -> None:
    answer = api.client.get(path)
    assert (answer.status_code, answer.json) == (404, {"errors": {"body": ["not found"]}})


def test_a_method_that_a_path_does_not_have_is_refused_with_those_it_has(document: Document, api: Api) -> None:
    methods: dict[str, set[str]] = {}
    for operation in document.operations.values():
        methods.setdefault(operation.path.format(username="jake", slug="dragons", id=1), set()).add(operation.method)
    for path, allowed in methods.items():
        answer = api.client.patch(path)
        assert (answer.status_code, answer.json) == (405, {"errors": {"body": ["method not allowed"]}})
        assert allowed <= set(answer.headers["Allow"].split(", "))


def test_a_401_says_how_to_authenticate(api: Api) -> None:
    assert api.get("/user").headers["WWW-Authenticate"].startswith("Token ")


@pytest.mark.parametrize("fault", [ZeroDivisionError("secret of the house"), KeyError("secret of the house")])
def test_a_fault_of_ours_is_a_500_that_tells_nothing(make_app: MakeApp, fault: Exception) -> None:
    app = make_app()

    @app.get("/api/broken")
    def broken() -> str:
        raise fault

    answer = app.test_client().get("/api/broken")
    assert (answer.status_code, answer.json) == (500, {"errors": {"body": ["internal server error"]}})
    assert answer.content_type == JSON
    assert "secret" not in answer.text
