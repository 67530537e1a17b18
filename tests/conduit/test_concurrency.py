"""Many callers at once, on real connections: nothing is lost, counted twice or answered with a 5xx."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.api import PASSWORD, Api
from tests.conduit.test_counters import counted, kept

pytestmark = pytest.mark.pgbouncer


# A worker has a connection for each of its threads: more callers than that would wait, and get a 503 on a slow machine.
THREADS = 4


def at_once(calls: list[Callable[[], TestResponse]]) -> list[int]:
    with ThreadPoolExecutor(THREADS) as pool:
        return sorted(future.result().status_code for future in [pool.submit(call) for call in calls])


def test_equal_titles_at_once_get_different_slugs(app: Flask, api: Api) -> None:
    people = [api.register(f"writer{n}") for n in range(6)]
    draft = {"article": {"title": "Same", "description": "d", "body": "b", "tagList": ["new", "fresh"]}}
    statuses = at_once([lambda by=by: Api(app).post("/articles", draft, by) for by in people])  # type: ignore[misc]
    assert statuses == [201] * 6
    listed = api.read("/articles?tag=new")
    assert len({article["slug"] for article in listed["articles"]}) == listed["articlesCount"] == 6


def test_the_same_name_at_once_is_given_once(app: Flask) -> None:
    user = {"user": {"username": "jake", "email": "jake@example.com", "password": PASSWORD}}
    statuses = at_once([lambda: Api(app).post("/users", user) for _ in range(5)])
    assert statuses == [201, 422, 422, 422, 422]


def test_the_same_favourite_at_once_counts_once(app: Flask, api: Api) -> None:
    jake = api.register("jake")
    api.publish(jake, "Title")
    assert at_once([lambda: Api(app).post("/articles/title/favorite", by=jake) for _ in range(5)]) == [200] * 5
    assert api.read("/articles/title")["article"]["favoritesCount"] == 1


def test_the_same_follow_at_once_is_one(app: Flask, api: Api) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    api.publish(anna, "Title")
    assert at_once([lambda: Api(app).post("/profiles/anna/follow", by=jake) for _ in range(5)]) == [200] * 5
    assert api.read("/articles/feed", jake)["articlesCount"] == 1


def test_deleting_what_others_favour_and_comment_leaves_right_counters(app: Flask, api: Api) -> None:
    author, readers = api.register("author"), [api.register(f"reader{n}") for n in range(3)]
    for n in range(4):
        api.publish(author, f"T{n}", ["a", "b"])
    calls: list[Callable[[], TestResponse]] = []
    for n in range(4):
        for reader in readers:
            calls.append(lambda n=n, by=reader: Api(app).post(f"/articles/t{n}/favorite", by=by))  # type: ignore[misc]
            calls.append(
                lambda n=n, by=reader: Api(app).post(f"/articles/t{n}/comments", {"comment": {"body": "x"}}, by)  # type: ignore[misc]
            )
        calls.append(lambda n=n: Api(app).delete(f"/articles/t{n}", author))  # type: ignore[misc]
    statuses = at_once(calls)
    assert set(statuses) <= {200, 204, 404}
    assert statuses.count(204) == 4
    with app.app_context():
        assert kept() == counted()
        assert kept()["total"] == 0
