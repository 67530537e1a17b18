"""Publishing, reading, changing and deleting articles."""

import re

import pytest

from tests.api import Api, errors

pytestmark = pytest.mark.pgbouncer

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_tags_are_in_alphabetical_order_whatever_their_case(api: Api) -> None:
    jake = api.register("jake")
    given = ["zoo", "Banana", "apple", "apple", "éclair", "Éclair"]
    assert api.publish(jake, "Title", given)["tagList"] == ["apple", "Banana", "zoo", "Éclair", "éclair"]


def test_a_published_article_can_be_read_by_anyone(api: Api) -> None:
    jake = api.register("jake")
    published = api.publish(jake, "How to train your dragon", ["reactjs", "angularjs", "dragons"])
    article = api.read("/articles/how-to-train-your-dragon")["article"]
    assert article == published
    assert article["tagList"] == ["angularjs", "dragons", "reactjs"]
    assert (article["favorited"], article["favoritesCount"]) == (False, 0)
    assert article["author"] == {"username": "jake", "bio": "", "image": "", "following": False}
    assert TIMESTAMP.fullmatch(article["createdAt"])
    assert article["createdAt"] == article["updatedAt"]


def test_equal_titles_get_different_slugs(api: Api) -> None:
    jake = api.register("jake")
    slugs = {api.publish(jake, "Same")["slug"] for _ in range(3)}
    assert len(slugs) == 3
    assert all(api.get(f"/articles/{slug}").status_code == 200 for slug in slugs)


@pytest.mark.parametrize("title", ["Feed", "!!!", "日本語", "🐉", "x" * 255])
def test_every_title_gives_an_article_that_can_be_found(api: Api, title: str) -> None:
    published = api.publish(api.register("jake"), title)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", published["slug"])
    assert api.read(f"/articles/{published['slug']}")["article"]["title"] == title


def test_a_new_title_brings_a_new_slug_and_retires_the_old_one(api: Api) -> None:
    jake = api.register("jake")
    api.publish(jake, "Before")
    changed = api.put("/articles/before", {"article": {"title": "After"}}, jake)
    assert changed.json["article"]["slug"] == "after"  # type: ignore[index]
    assert api.get("/articles/before").status_code == 404
    assert api.read("/articles/after")["article"]["title"] == "After"


def test_a_change_leaves_what_it_does_not_name(api: Api) -> None:
    jake = api.register("jake")
    before = api.publish(jake, "Title", ["tag"])
    after = api.put("/articles/title", {"article": {"body": "New body", "unknown": 1}}, jake).json["article"]  # type: ignore[index]
    assert after["body"] == "New body"
    kept = ("slug", "title", "description", "tagList", "createdAt", "favoritesCount")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["updatedAt"] >= before["updatedAt"]


def test_changed_tags_are_found_and_the_old_ones_are_not(api: Api) -> None:
    jake = api.register("jake")
    api.publish(jake, "Title", ["old", "both"])
    api.put("/articles/title", {"article": {"tagList": ["new", "both"]}}, jake)
    assert api.read("/articles/title")["article"]["tagList"] == ["both", "new"]
    assert {tag: api.read(f"/articles?tag={tag}")["articlesCount"] for tag in ("old", "both", "new")} == {
        "old": 0,
        "both": 1,
        "new": 1,
    }
    assert sorted(api.read("/tags")["tags"]) == ["both", "new"]


def test_deleting_an_article_deletes_its_comments_and_favourites(api: Api) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    api.publish(jake, "Title", ["tag"])
    api.post("/articles/title/comments", {"comment": {"body": "Nice"}}, anna)
    api.post("/articles/title/favorite", by=anna)
    assert api.delete("/articles/title", jake).status_code == 204
    assert api.get("/articles/title").status_code == 404
    assert api.get("/articles/title/comments").status_code == 404
    assert api.read("/articles?favorited=anna") == {"articles": [], "articlesCount": 0}
    assert api.read("/articles?author=jake") == {"articles": [], "articlesCount": 0}
    assert api.read("/articles?tag=tag") == {"articles": [], "articlesCount": 0}
    assert api.read("/articles") == {"articles": [], "articlesCount": 0}
    assert api.read("/tags") == {"tags": []}


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_what_is_anothers_may_not_be_touched(api: Api, method: str) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    api.publish(jake, "Title")
    answer = api.call(method, "/articles/title", {"article": {"body": "Mine now"}}, anna)
    assert answer.status_code == 403
    assert "article" in errors(answer)
    assert api.read("/articles/title")["article"]["body"] == "All of it"


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/favorite")])
def test_an_unknown_slug_is_not_found(api: Api, method: str, path: str) -> None:
    jake = api.register("jake")
    answer = api.call(method, f"/articles/nothing{path}", {"article": {"body": "x"}} if method == "PUT" else None, jake)
    assert answer.status_code == 404
    assert errors(answer) == {"article": ["not found"]}


def test_tags_are_listed_with_the_most_used_first(api: Api) -> None:
    jake = api.register("jake")
    for tags in (["rare", "common"], ["common"], ["also-rare"]):
        api.publish(jake, tags=tags)
    assert api.read("/tags") == {"tags": ["common", "also-rare", "rare"]}


def test_a_tag_given_twice_counts_once(api: Api) -> None:
    api.publish(api.register("jake"), "Title", ["tag", "tag"])
    assert api.read("/articles/title")["article"]["tagList"] == ["tag"]
    assert api.read("/articles?tag=tag")["articlesCount"] == 1
