"""The calls that RealWorld's API test collections make, in their order, as they make them."""

import re
from collections.abc import Callable
from typing import Any

from tests.conduit.journey.conftest import FrontEnd

PASSWORD = "johnnyjacob"
AUTHOR, OTHER = "johnjacob", "celeb_johnjacob"
ISO_8601 = re.compile(r"\d{4,}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d+(?:[+-][0-2]\d:[0-5]\d|Z)")
Check = Callable[[Any], None]
Types = dict[str, type | Check]


def has(value: Any, types: Types) -> None:
    """Exactly these properties, each of its type, or as its check wants it."""
    assert set(value) == set(types)
    for name, wanted in types.items():
        if isinstance(wanted, type):
            assert type(value[name]) is wanted, name
        else:
            wanted(value[name])


def timestamp(value: Any) -> None:
    assert ISO_8601.fullmatch(value)


def tags(value: Any) -> None:
    assert all(type(tag) is str for tag in value)


def profile(value: Any) -> None:
    has(value, {"username": str, "bio": str, "image": str, "following": bool})


USER: Types = {"email": str, "username": str, "bio": str, "image": str, "token": str}
COMMENT: Types = {"id": int, "body": str, "createdAt": timestamp, "updatedAt": timestamp, "author": profile}
SUMMARY: Types = {
    "title": str,
    "slug": str,
    "description": str,
    "createdAt": timestamp,
    "updatedAt": timestamp,
    "tagList": tags,
    "author": profile,
    "favorited": bool,
    "favoritesCount": int,
}
ARTICLE: Types = {**SUMMARY, "body": str}


def user(answer: Any) -> Any:
    assert set(answer) == {"user"}
    has(answer["user"], USER)
    return answer["user"]


def article(answer: Any) -> Any:
    assert set(answer) == {"article"}
    has(answer["article"], ARTICLE)
    return answer["article"]


def articles(answer: Any) -> list[Any]:
    """The articles of a page; there are no more than the count says."""
    has(answer, {"articles": list, "articlesCount": int})
    for each in answer["articles"]:
        has(each, SUMMARY)
    assert len(answer["articles"]) <= answer["articlesCount"]
    listed: list[Any] = answer["articles"]
    return listed


def test_the_calls_of_the_collections(nobody: FrontEnd) -> None:
    api = nobody
    authentication(api)
    lists_while_there_is_nothing_of_ours(api)
    slug = publishing(api)
    lists(api, slug)
    favourites(api, slug)
    comments(api, slug)
    other_people(api)
    assert api.expect(204, "DELETE", f"/articles/{slug}") is None
    all_tags = api.get("/tags")
    assert set(all_tags) == {"tags"}
    tags(all_tags["tags"])


def authentication(api: FrontEnd) -> None:
    account = {"email": "john@jacob.com", "password": PASSWORD, "username": AUTHOR}
    assert user(api.expect(201, "POST", "/users", {"user": account}))["username"] == AUTHOR
    credentials = {"email": account["email"], "password": PASSWORD}
    api.token = user(api.expect(200, "POST", "/users/login", {"user": credentials}))["token"]
    assert user(api.get("/user"))["email"] == account["email"]
    changed = user(api.expect(200, "PUT", "/user", {"user": {"email": "jacob@john.com"}}))
    assert (changed["email"], changed["username"]) == ("jacob@john.com", AUTHOR)


def lists_while_there_is_nothing_of_ours(api: FrontEnd) -> None:
    assert articles(api.get("/articles"))
    for query in (f"author={AUTHOR}", f"favorited={AUTHOR}", "tag=dragons-of-ours"):
        assert articles(api.get(f"/articles?{query}")) == []


def publishing(api: FrontEnd) -> str:
    draft = {
        "title": "How to train your dragon",
        "description": "Ever wonder how?",
        "body": "Very carefully.",
        "tagList": ["training-of-ours", "dragons-of-ours"],
    }
    published = article(api.expect(201, "POST", "/articles", {"article": draft}))
    assert published["tagList"] == ["dragons-of-ours", "training-of-ours"]
    slug: str = published["slug"]
    assert article(api.get(f"/articles/{slug}"))["body"] == "Very carefully."
    changed = article(api.expect(200, "PUT", f"/articles/{slug}", {"article": {"body": "With two hands"}}))
    assert (changed["body"], changed["slug"], changed["title"]) == ("With two hands", slug, draft["title"])
    return slug


def lists(api: FrontEnd, slug: str) -> None:
    assert articles(api.get("/articles/feed")) == []
    assert articles(api.get("/articles?limit=1&offset=0"))[0]["slug"] == slug
    assert len(articles(api.get("/articles?limit=5&offset=3"))) == 5
    for query in (f"author={AUTHOR}", "tag=dragons-of-ours", f"author={AUTHOR}&tag=training-of-ours"):
        assert [each["slug"] for each in articles(api.get(f"/articles?{query}"))] == [slug]
    token, api.token = api.token, ""
    assert article(api.get(f"/articles/{slug}"))["favorited"] is False
    assert [each["slug"] for each in articles(api.get(f"/articles?author={AUTHOR}"))] == [slug]
    api.token = token


def favourites(api: FrontEnd, slug: str) -> None:
    added = article(api.expect(200, "POST", f"/articles/{slug}/favorite"))
    assert (added["favorited"], added["favoritesCount"]) == (True, 1)
    assert [each["favorited"] for each in articles(api.get(f"/articles?favorited={AUTHOR}"))] == [True]
    removed = article(api.expect(200, "DELETE", f"/articles/{slug}/favorite"))
    assert (removed["favorited"], removed["favoritesCount"]) == (False, 0)


def comments(api: FrontEnd, slug: str) -> None:
    path = f"/articles/{slug}/comments"
    added = api.expect(200, "POST", path, {"comment": {"body": "Thank you so much!"}})
    assert set(added) == {"comment"}
    has(added["comment"], COMMENT)
    token, api.token = api.token, ""
    for api.token in ("", token):
        listed = api.get(path)
        assert set(listed) == {"comments"}
        assert listed["comments"] == [added["comment"]]
    assert api.expect(204, "DELETE", f"{path}/{added['comment']['id']}") is None
    assert api.get(path) == {"comments": []}


def other_people(api: FrontEnd) -> None:
    account = {"email": "celeb_john@jacob.com", "password": PASSWORD, "username": OTHER}
    assert user(api.expect(201, "POST", "/users", {"user": account}))["username"] == OTHER
    for method, path, following in (("GET", "", False), ("POST", "/follow", True), ("DELETE", "/follow", False)):
        answer = api.expect(200, method, f"/profiles/{OTHER}{path}")
        assert set(answer) == {"profile"}
        profile(answer["profile"])
        assert (answer["profile"]["username"], answer["profile"]["following"]) == (OTHER, following)
