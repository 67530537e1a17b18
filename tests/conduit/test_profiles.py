"""Profiles, following, and the feed that comes of it."""

from tests.api import Api, errors


def test_a_profile_shows_whether_the_caller_follows(api: Api) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    assert api.read("/profiles/anna")["profile"] == {"username": "anna", "bio": "", "image": "", "following": False}
    followed = api.post("/profiles/anna/follow", by=jake)
    assert followed.json["profile"]["following"] is True  # type: ignore[index]
    assert api.read("/profiles/anna", jake)["profile"]["following"] is True
    assert api.read("/profiles/jake", anna)["profile"]["following"] is False
    unfollowed = api.delete("/profiles/anna/follow", jake)
    assert unfollowed.json["profile"]["following"] is False  # type: ignore[index]
    assert api.read("/profiles/anna", jake)["profile"]["following"] is False


def test_following_twice_is_following_once(api: Api) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    api.publish(anna, "One")
    for _ in range(2):
        assert api.post("/profiles/anna/follow", by=jake).status_code == 200
    assert api.read("/articles/feed", jake)["articlesCount"] == 1
    for _ in range(2):
        assert api.delete("/profiles/anna/follow", jake).status_code == 200
    assert api.read("/articles/feed", jake) == {"articles": [], "articlesCount": 0}


def test_an_unknown_profile_is_not_found(api: Api) -> None:
    jake = api.register("jake")
    for method, path in (("GET", ""), ("POST", "/follow"), ("DELETE", "/follow")):
        answer = api.call(method, f"/profiles/nobody{path}", by=jake)
        assert answer.status_code == 404
        assert errors(answer) == {"profile": ["not found"]}


def test_the_feed_has_the_articles_of_those_one_follows_newest_first(api: Api) -> None:
    jake, anna, ben, cleo = (api.register(name) for name in ("jake", "anna", "ben", "cleo"))
    for author, title in ((anna, "A1"), (ben, "B1"), (cleo, "C1"), (anna, "A2"), (ben, "B2"), (jake, "J1")):
        api.publish(author, title)
    for name in ("anna", "ben"):
        api.post(f"/profiles/{name}/follow", by=jake)
    assert api.titles("/articles/feed", jake) == ["B2", "A2", "B1", "A1"]
    feed = api.read("/articles/feed?limit=2&offset=1", jake)
    assert [article["title"] for article in feed["articles"]] == ["A2", "B1"]
    assert feed["articlesCount"] == 4
    assert all(article["author"]["following"] for article in feed["articles"])


def test_the_feed_finds_the_newest_of_many_authors_with_many_articles(api: Api) -> None:
    jake = api.register("jake")
    authors = [api.register(f"author{n}") for n in range(3)]
    for n in range(12):
        api.publish(authors[n * n % 3], f"T{n}")
    for author in authors:
        api.post(f"/profiles/{author.name}/follow", by=jake)
    pages = [api.titles(f"/articles/feed?limit=5&offset={offset}", jake) for offset in (0, 5, 10, 15)]
    assert [title for page in pages for title in page] == [f"T{n}" for n in range(11, -1, -1)]


def test_the_feed_needs_a_caller(api: Api) -> None:
    answer = api.get("/articles/feed")
    assert answer.status_code == 401
    assert errors(answer) == {"token": ["is missing"]}
