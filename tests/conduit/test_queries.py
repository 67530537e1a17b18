"""How many statements each endpoint sends, whoever asks."""

import pytest

from tests.api import Api, Person
from tests.statements import Statements

READS = {
    "/articles": 1,
    "/articles?offset=90": 1,
    "/articles?tag=dragons": 1,
    "/articles?author=jake": 1,
    "/articles?favorited=anna": 1,
    "/articles?tag=dragons&author=jake": 2,
    "/articles?tag=dragons&author=jake&favorited=anna&offset=90": 2,
    "/articles?tag=none": 1,
    "/articles/t1": 1,
    "/articles/none": 1,
    "/articles/t1/comments": 2,
    "/profiles/jake": 1,
    "/tags": 1,
}
SIGNED_IN = {"/articles/feed": 1, "/articles/feed?offset=90": 1, "/user": 1}


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("path", READS)
def test_a_read_sends_few_statements(api: Api, statements: Statements, path: str, signed_in: bool) -> None:
    anna = prepare(api)
    statements.clear()
    api.get(path, anna if signed_in else None)
    assert len(statements) == READS[path], statements


@pytest.mark.parametrize("path", SIGNED_IN)
def test_a_personal_read_sends_few_statements(api: Api, statements: Statements, path: str) -> None:
    anna = prepare(api)
    statements.clear()
    assert api.get(path, anna).status_code == 200
    assert len(statements) == SIGNED_IN[path], statements


def test_a_longer_list_sends_no_more_statements(api: Api, statements: Statements) -> None:
    anna = prepare(api)
    for n in range(10):
        api.publish(anna, f"More {n}", ["a", "b", "c"])
    statements.clear()
    assert len(api.read("/articles")["articles"]) == 13
    assert len(statements) == 1


def test_a_refused_request_sends_none(api: Api, statements: Statements) -> None:
    prepare(api)
    statements.clear()
    assert api.get("/user").status_code == 401
    assert api.call("GET", "/user", headers={"Authorization": "Token forged"}).status_code == 401
    assert api.get("/articles?limit=0").status_code == 422
    assert api.post("/users", {"user": {}}).status_code == 422
    assert statements == []


def prepare(api: Api) -> Person:
    """Three articles by Jake, favoured by Anna, with a comment each; it is Anna who then asks."""
    jake, anna = api.register("jake"), api.register("anna")
    api.post("/profiles/jake/follow", by=anna)
    for n in range(3):
        api.publish(jake, f"T{n}", ["dragons"])
        api.post(f"/articles/t{n}/favorite", by=anna)
        api.post(f"/articles/t{n}/comments", {"comment": {"body": "x"}}, anna)
    return anna
