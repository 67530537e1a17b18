"""What is really answered is what both documents, the contract and ours, say."""

import pytest

from tests.api import PASSWORD
from tests.conduit.contract.conftest import World
from tests.conduit.contract.documents import Document, contract

SLUG = {"slug": "how-to-train-your-dragon"}
ARTICLE = {"title": "Dragons again", "description": "About it", "body": "All of it", "tagList": ["dragons"]}
BODIES = {
    "Login": {"user": {"email": "jake@example.com", "password": PASSWORD}},
    "CreateUser": {"user": {"username": "new", "email": "new@example.com", "password": PASSWORD}},
    "UpdateCurrentUser": {"user": {"bio": "Trains dragons", "image": "https://example.com/jake.png"}},
    "CreateArticle": {"article": ARTICLE},
    "UpdateArticle": {"article": {"title": "How to be trained by your dragon"}},
    "CreateArticleComment": {"comment": {"body": "Thank you!"}},
}
USER = {"username": "celeb"}
PATHS = {
    "GetProfileByUsername": USER,
    "FollowUserByUsername": USER,
    "UnfollowUserByUsername": USER,
}


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_success_is_as_both_documents_say(world: World, operation_id: str, signed_in: bool) -> None:
    path = PATHS.get(operation_id, {**SLUG, "id": world.comment})
    body = BODIES.get(operation_id)
    answer = world.call(operation_id, world.jake if signed_in else None, path, json=body)
    if not signed_in and answer.status_code == 401:
        assert 401 in contract().operations[operation_id].errors
        return
    for document in (world.document, contract()):
        check(document, operation_id, answer.status_code, answer.get_json() if answer.data else None)
    assert bool(answer.data) == (answer.status_code != 204)


def test_lists_have_articles_to_check(world: World) -> None:
    world.call("FollowUserByUsername", world.celeb, {"username": "jake"})
    for operation_id, sent in (("GetArticlesFeed", {}), ("GetArticles", {"tag": "dragons", "author": "jake"})):
        answer = world.call(operation_id, world.celeb, {}, query_string=sent)
        assert answer.json is not None
        assert len(answer.json["articles"]) == 1
        for document in (world.document, contract()):
            check(document, operation_id, 200, answer.json)


def check(document: Document, operation_id: str, status: int, payload: object) -> None:
    operation = document.operations[operation_id]
    assert status == operation.success
    schema = operation.responses[status]
    assert (payload is None) == (schema is None)
    if schema is not None:
        document.validator(schema).validate(payload)
