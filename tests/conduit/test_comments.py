"""Comments on articles."""

import pytest

from tests.api import Api, errors

pytestmark = pytest.mark.pgbouncer


def test_comments_are_listed_newest_first_with_their_authors(api: Api) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    api.publish(jake, "Title")
    api.post("/profiles/anna/follow", by=jake)
    for text in ("first", "second"):
        answer = api.post("/articles/title/comments", {"comment": {"body": text}}, anna)
        assert answer.status_code == 200
    assert [comment["body"] for comment in api.read("/articles/title/comments")["comments"]] == ["second", "first"]
    seen = api.read("/articles/title/comments", jake)["comments"][0]
    assert seen["author"] == {"username": "anna", "bio": "", "image": "", "following": True}
    assert seen["createdAt"] == seen["updatedAt"]


def test_a_comment_is_deleted_by_its_author_only(api: Api) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    api.publish(jake, "Title")
    comment = api.post("/articles/title/comments", {"comment": {"body": "mine"}}, anna).json["comment"]  # type: ignore[index]
    refused = api.delete(f"/articles/title/comments/{comment['id']}", jake)
    assert refused.status_code == 403
    assert "comment" in errors(refused)
    assert api.delete(f"/articles/title/comments/{comment['id']}", anna).status_code == 204
    assert api.read("/articles/title/comments") == {"comments": []}
    assert api.delete(f"/articles/title/comments/{comment['id']}", anna).status_code == 404


def test_a_comment_is_found_on_its_own_article_only(api: Api) -> None:
    jake = api.register("jake")
    api.publish(jake, "One")
    api.publish(jake, "Two")
    comment = api.post("/articles/one/comments", {"comment": {"body": "x"}}, jake).json["comment"]  # type: ignore[index]
    assert api.delete(f"/articles/two/comments/{comment['id']}", jake).status_code == 404
    assert api.read("/articles/two/comments") == {"comments": []}


@pytest.mark.parametrize("body", ["", "   ", None, 7])
def test_a_comment_says_something(api: Api, body: object) -> None:
    jake = api.register("jake")
    api.publish(jake, "Title")
    answer = api.post("/articles/title/comments", {"comment": {"body": body}}, jake)
    assert answer.status_code == 422
    assert set(errors(answer)) == {"body"}


def test_comments_of_an_unknown_article_are_not_found(api: Api) -> None:
    jake = api.register("jake")
    assert api.get("/articles/none/comments").status_code == 404
    assert api.post("/articles/none/comments", {"comment": {"body": "x"}}, jake).status_code == 404
    assert api.delete("/articles/none/comments/1", jake).status_code == 404
