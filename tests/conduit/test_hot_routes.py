"""Conduit's hot routes: what is a hit, for whom, and what each write of the API invalidates."""

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from flask import Flask
from hypothesis import strategies as st
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from conduit.extensions import db
from conduit.models import Article, Base, Favorite, User
from conduit.services import tokens
from conduit.web.authentication import signer
from hotroute.cache.tracking.sql_tables import footprint
from hotroute.database import engines
from hotroute.testing import (
    Call,
    HotCache,
    assert_hit,
    assert_invalidated,
    assert_max_queries,
    assert_miss,
    assert_not_cached,
    assert_not_invalidated,
    assert_one_execution,
    assert_transparent,
    invalidating,
    keeping,
)
from hotroute.testing.isolation import front_of
from tests import databases
from tests.api import PASSWORD, Api, Person

EXAMPLES = int(os.environ.get("PROVE_SEQUENCES", "15"))

READS = {
    "list": "/articles",
    "by tag": "/articles?tag=dragons",
    "by author": "/articles?author=jake",
    "by favourites": "/articles?favorited=anna",
    "article": "/articles/old",
    "comments": "/articles/old/comments",
    "another article": "/articles/young",
    "another's comments": "/articles/young/comments",
    "profile": "/profiles/jake",
    "another profile": "/profiles/anna",
    "tags": "/tags",
}
LISTS = {"list", "by tag", "by author", "by favourites"}
OTHERS = {"another article", "another's comments", "another profile"}
JAKES = LISTS | {"article", "comments", "another article", "profile"}
"""What shows Jake as an author."""

NEW = {"title": "New", "description": "d", "body": "b", "tagList": ["dragons", "new"]}
SOMEBODY = {"username": "new", "email": "new@example.com", "password": PASSWORD}
WRITES: dict[str, tuple[str, str, str, Any]] = {
    "publishing": ("jake", "POST", "/articles", {"article": NEW}),
    "changing": ("jake", "PUT", "/articles/old", {"article": {"description": "x"}}),
    "renaming": ("jake", "PUT", "/articles/old", {"article": {"title": "Older"}}),
    "deleting": ("jake", "DELETE", "/articles/old", None),
    "favouring": ("anna", "POST", "/articles/young/favorite", None),
    "favouring no longer": ("anna", "DELETE", "/articles/old/favorite", None),
    "commenting": ("anna", "POST", "/articles/old/comments", {"comment": {"body": "x"}}),
    "deleting a comment": ("jake", "DELETE", "/articles/old/comments/1", None),
    "following": ("anna", "POST", "/profiles/jake/follow", None),
    "following no longer": ("anna", "DELETE", "/profiles/jake/follow", None),
    "changing an account": ("jake", "PUT", "/user", {"user": {"bio": "x"}}),
    "registering": ("nobody", "POST", "/users", {"user": SOMEBODY}),
    "logging in": ("nobody", "POST", "/users/login", {"user": {"email": "jake@example.com", "password": PASSWORD}}),
}
CHANGED: dict[str, set[str]] = {
    "publishing": {"list", "by tag", "by author", "tags"},
    "changing": {*LISTS, "article"},
    "renaming": {*LISTS, "article", "comments"},
    "deleting": {*LISTS, "article", "comments"},
    "favouring": {*LISTS, "another article"},
    "favouring no longer": {*LISTS, "article"},
    "commenting": {"comments"},
    "deleting a comment": {"comments"},
    "following": set(),
    "following no longer": set(),
    "changing an account": JAKES,
    "registering": set(),
    "logging in": set(),
}
"""The reads that a write changes for everybody; each must be made anew."""
CHANGED_FOR_ANNA = {"following": JAKES, "following no longer": JAKES}
KEPT = {
    "publishing": {"article", "comments", "profile", *OTHERS},
    "changing": {"comments", "profile", "tags", *OTHERS},
    "renaming": {"profile", "tags", *OTHERS},
    "deleting": set[str](),
    "favouring": {"comments", "another's comments", "profile", "another profile", "tags"},
    "favouring no longer": {"comments", "another's comments", "profile", "another profile", "tags"},
    "commenting": set(READS) - {"comments"},
    "deleting a comment": set(READS) - {"comments"},
    "following": {"tags"},
    "following no longer": {"tags"},
    "changing an account": {"another profile", "tags"},
    "registering": set(READS),
    "logging in": set(READS),
}
"""The reads that a write leaves in the cache. What is in neither table depends on a tag that the write touches."""
KEPT_FOR_NOBODY = {
    "favouring": {"article"},
    "favouring no longer": {"another article"},
    "following": set(READS),
    "following no longer": set(READS),
}
"""Besides, where the reader is not the one who writes."""


@pytest.fixture
def people(api: Api, hot_cache: HotCache) -> tuple[Person, Person]:
    """Jake wrote two articles and a comment; Anna favours the first article, and follows nobody."""
    jake, anna = api.register("jake"), api.register("anna")
    for title in ("Old", "Young"):
        api.publish(jake, title, ["dragons"])
    api.post("/articles/old/favorite", by=anna)
    api.post("/articles/old/comments", {"comment": {"body": "x"}}, jake)
    return jake, anna


def asking(api: Api, name: str, by: Person | None) -> Callable[[], TestResponse]:
    return lambda: api.get(READS[name], by)


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("name", READS)
def test_a_second_read_is_a_hit_that_sends_no_statement(
    app: Flask, api: Api, people: tuple[Person, Person], name: str, signed_in: bool
) -> None:
    with app.app_context():
        engine = db.engine
    ask = asking(api, name, people[1] if signed_in else None)
    with assert_max_queries(2, engine):
        first = ask()
    with assert_max_queries(0, engine):
        second = ask()
    assert_miss(first)
    assert_hit(second)
    assert first.json == second.json


def test_what_one_caller_gets_is_no_answer_for_another(api: Api, people: tuple[Person, Person]) -> None:
    perform(api, people, "following")
    for _ in range(2):
        articles = {name: api.read("/articles/old", by)["article"] for name, by in callers(people).items()}
        assert {name: article["favorited"] for name, article in articles.items()} == NOBODY_BUT_ANNA
        assert {name: article["author"]["following"] for name, article in articles.items()} == NOBODY_BUT_ANNA
        profiles = {name: api.read("/profiles/jake", by)["profile"] for name, by in callers(people).items()}
        assert {name: profile["following"] for name, profile in profiles.items()} == NOBODY_BUT_ANNA


NOBODY_BUT_ANNA = {"anna": True, "jake": False, "nobody": False}


def callers(people: tuple[Person, Person]) -> dict[str, Person | None]:
    return {"jake": people[0], "anna": people[1], "nobody": None}


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("write", WRITES)
def test_a_write_invalidates_what_it_changes_and_keeps_what_it_does_not(
    api: Api, people: tuple[Person, Person], write: str, signed_in: bool
) -> None:
    if write == "following no longer":
        perform(api, people, "following")
    by = people[1] if signed_in else None
    changed = CHANGED[write] | (CHANGED_FOR_ANNA.get(write, set()) if signed_in else set())
    stays = KEPT[write] | (set() if signed_in else KEPT_FOR_NOBODY.get(write, set()))
    before = {name: asking(api, name, by)().json for name in changed}
    with ExitStack() as stack:
        for expected, names in ((invalidating, changed), (keeping, stays)):
            if names:
                stack.enter_context(expected(*(asking(api, name, by) for name in sorted(names))))
        perform(api, people, write)
    for name in changed:
        assert asking(api, name, by)().json != before[name], f"{write} does not change {name}"


def test_a_write_of_ones_own_account_changes_what_shows_it_and_nothing_else(
    api: Api, people: tuple[Person, Person]
) -> None:
    def change() -> TestResponse:
        return api.call("PUT", "/user", {"user": {"bio": "new"}}, people[0])

    assert_invalidated(change, asking(api, "article", None), asking(api, "profile", people[1]))
    assert_not_invalidated(change, asking(api, "another profile", None), asking(api, "tags", None))


def perform(api: Api, people: tuple[Person, Person], write: str) -> None:
    name, method, path, json = WRITES[write]
    answer = api.call(method, path, json, callers(people)[name])
    assert answer.status_code < 300, answer.text


@pytest.mark.parametrize("name", sorted(set(READS) - {"tags"}))
def test_an_account_that_is_gone_gets_no_answer_of_before(
    app: Flask, api: Api, people: tuple[Person, Person], name: str
) -> None:
    ask = asking(api, name, people[1])
    assert [ask().status_code for _ in range(2)] == [200, 200]
    with app.app_context():
        db.session.connection(execution_options=engines.WRITES)
        db.session.delete(db.session.scalars(select(User).where(User.username == "anna")).one())
        db.session.commit()
    assert ask().status_code == 401


def test_a_favourite_that_no_use_case_counted_is_seen(app: Flask, api: Api, people: tuple[Person, Person]) -> None:
    anna = people[1]
    assert not any(api.read("/articles/young", anna)["article"]["favorited"] for _ in range(2))
    with app.app_context():
        db.session.connection(execution_options=engines.WRITES)
        user = db.session.scalars(select(User.id).where(User.username == "anna")).one()
        article = db.session.scalars(select(Article.id).where(Article.slug == "young")).one()
        db.session.add(Favorite(user_id=user, article_id=article))
        db.session.commit()
    assert api.read("/articles/young", anna)["article"]["favorited"]


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("name", READS)
def test_a_route_names_every_table_that_it_reads(
    app: Flask, api: Api, people: tuple[Person, Person], name: str, signed_in: bool
) -> None:
    tables = set[str]()

    def note(_connection: object, _cursor: object, statement: str, _values: object, context: object, _: bool) -> None:
        tables.update(footprint(statement, context).reads)

    match = front_of(app).around.match(f"/api{READS[name].partition('?')[0]}")
    assert match is not None
    declared = match.hot.tags or tuple(Base.metadata.tables)
    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        asking(api, name, people[1] if signed_in else None)()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert tables
    assert {table for table in tables if not {table, f"{table}!bulk"} & set(declared)} == set()


@pytest.mark.parametrize("name", READS)
def test_many_cold_readers_run_a_view_once(app: Flask, people: tuple[Person, Person], name: str) -> None:
    assert_one_execution(lambda: Api(app).get(READS[name]), readers=6, app=app)


def test_what_is_not_hot_says_why(api: Api, people: tuple[Person, Person]) -> None:
    anna = people[1]
    assert_not_cached(api.get("/articles/feed", anna))
    assert_not_cached(api.get("/user", anna))
    assert_not_cached(api.get("/articles?unknown=1"), because="unknown-parameter")
    assert_not_cached(api.get("/articles/none"), because="status")
    forged = api.call("GET", "/articles", headers={"Authorization": "Token forged"})
    assert forged.status_code == 401
    assert_not_cached(forged, because="credentials-not-valid")


BY = {"Authorization": st.sampled_from([None, "Token {jake}", "Token {anna}"])}
SLUG, NAME = st.sampled_from(["a", "b"]), st.sampled_from(["jake", "anna"])
TAGS = st.lists(st.sampled_from(["x", "y"]), unique=True)
DRAFT = {"title": st.sampled_from(["A", "B"]), "description": "d", "body": "b", "tagList": TAGS}
CHANGES = st.sampled_from([{"title": "A"}, {"title": "B"}, {"body": "c"}, {"tagList": ["y"]}])
CALLS = [
    Call("GET", "/api/articles", headers=BY),
    Call("GET", "/api/articles?tag={tag}", headers=BY, tag=st.sampled_from(["x", "y"])),
    Call("GET", "/api/articles?author={name}", headers=BY, name=NAME),
    Call("GET", "/api/articles?favorited={name}&limit=1", headers=BY, name=NAME),
    Call("GET", "/api/articles/{slug}", headers=BY, slug=SLUG),
    Call("HEAD", "/api/articles/{slug}", headers=BY, slug=SLUG),
    Call("GET", "/api/articles/{slug}/comments", headers=BY, slug=SLUG),
    Call("GET", "/api/profiles/{name}", headers=BY, name=NAME),
    Call("GET", "/api/tags"),
    Call("GET", "/api/articles/feed", headers=BY),
    Call("GET", "/api/user", headers=BY),
    Call("POST", "/api/articles", {"article": DRAFT}, BY),
    Call("PUT", "/api/articles/{slug}", {"article": CHANGES}, BY, slug=SLUG),
    Call("DELETE", "/api/articles/{slug}", headers=BY, slug=SLUG),
    Call("POST", "/api/articles/{slug}/favorite", headers=BY, slug=SLUG),
    Call("DELETE", "/api/articles/{slug}/favorite", headers=BY, slug=SLUG),
    Call("POST", "/api/articles/{slug}/comments", {"comment": {"body": "c"}}, BY, slug=SLUG),
    Call("DELETE", "/api/articles/{slug}/comments/{n}", headers=BY, slug=SLUG, n=st.integers(1, 2)),
    Call("POST", "/api/profiles/{name}/follow", headers=BY, name=NAME),
    Call("DELETE", "/api/profiles/{name}/follow", headers=BY, name=NAME),
    Call("PUT", "/api/user", {"user": {"bio": st.sampled_from(["", "x"]), "username": NAME}}, BY),
]


def first_state(app: Flask) -> Mapping[str, Any]:
    """Jake and Anna with an article each, Anna's comment on his, and their tokens."""
    with app.app_context():
        databases.empty(db.engine)
        rows = [User(username=name, email=f"{name}@example.com", password_hash="") for name in ("jake", "anna")]
        db.session.add_all(rows)
        db.session.commit()
        jake, anna = (Person(row.username, row.email, tokens.issue(signer(), row.id)) for row in rows)
    api = Api(app)
    api.publish(jake, "A", ["x"])
    api.publish(anna, "B", ["y"])
    api.post("/articles/a/comments", {"comment": {"body": "c"}}, anna)
    return {"jake": jake.token, "anna": anna.token}


@pytest.mark.parametrize("replay", [False, True])
def test_any_sequence_of_calls_gives_the_same_answers_with_the_cache_on_and_off(
    app: Flask, hot_cache: HotCache, replay: bool
) -> None:
    # A second article of the same title gets a random slug; what was written twice was written at two times.
    different = ["token", "slug", "createdAt", "updatedAt"] if replay else ["token"]
    reset = partial(first_state, app)
    assert_transparent(app, CALLS, reset, ignore=different, replay=replay, examples=EXAMPLES)
    assert len(hot_cache.hits) > EXAMPLES
