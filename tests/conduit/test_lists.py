"""Lists: order, pages, filters and exact totals."""

from itertools import combinations
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from conduit.database import reading
from conduit.extensions import db
from conduit.models import tables
from conduit.repositories import articles, counters
from hotroute.database.transaction import writing
from tests.api import Api, Person, errors


@pytest.fixture
def people(api: Api) -> tuple[Person, Person]:
    """Jake and Anna; articles T0 to T7: by Jake where even, tagged `three` each third, favoured by Anna below 5."""
    jake, anna = api.register("jake"), api.register("anna")
    for n in range(8):
        api.publish((jake, anna)[n % 2], f"T{n}", ["all", *(["three"] if n % 3 == 0 else [])])
        if n < 5:
            api.post(f"/articles/t{n}/favorite", by=anna)
    return jake, anna


def test_a_list_is_newest_first_and_leaves_the_body_out(api: Api, people: Any) -> None:
    listed = api.read("/articles")
    assert [article["title"] for article in listed["articles"]] == [f"T{n}" for n in range(7, -1, -1)]
    assert listed["articlesCount"] == 8
    assert all("body" not in article for article in listed["articles"])


def test_pages_follow_each_other_and_each_knows_the_total(api: Api, people: Any) -> None:
    pages = [api.read(f"/articles?limit=3&offset={offset}") for offset in (0, 3, 6, 9)]
    assert [len(page["articles"]) for page in pages] == [3, 3, 2, 0]
    assert [article["title"] for page in pages for article in page["articles"]] == [f"T{n}" for n in range(7, -1, -1)]
    assert {page["articlesCount"] for page in pages} == {8}


FILTERS = {
    "tag=three": {0, 3, 6},
    "author=jake": {0, 2, 4, 6},
    "favorited=anna": {0, 1, 2, 3, 4},
}
EVERY = [chosen for size in (1, 2, 3) for chosen in combinations(FILTERS, size)]


@pytest.mark.parametrize("chosen", EVERY, ids="&".join)
@pytest.mark.parametrize("signed_in", [False, True])
def test_filters_all_hold_and_the_total_is_exact(
    api: Api, people: Any, chosen: tuple[str, ...], signed_in: bool
) -> None:
    expected = sorted(set.intersection(*(FILTERS[name] for name in chosen)), reverse=True)
    by = people[1] if signed_in else None
    whole = api.read(f"/articles?{'&'.join(chosen)}", by)
    assert [article["title"] for article in whole["articles"]] == [f"T{n}" for n in expected]
    assert whole["articlesCount"] == len(expected)
    assert [article["favorited"] for article in whole["articles"]] == [signed_in and n < 5 for n in expected]
    for offset in (1, 99):
        page = api.read(f"/articles?{'&'.join(chosen)}&limit=1&offset={offset}", by)
        assert [article["title"] for article in page["articles"]] == [f"T{n}" for n in expected[offset : offset + 1]]
        assert page["articlesCount"] == len(expected)


@pytest.mark.parametrize("query", ["tag=none", "author=none", "favorited=none", "tag=three&author=none"])
def test_an_unknown_filter_value_finds_nothing(api: Api, people: Any, query: str) -> None:
    assert api.read(f"/articles?{query}") == {"articles": [], "articlesCount": 0}


def test_a_filter_without_a_value_is_no_filter(api: Api, people: Any) -> None:
    assert api.read("/articles?tag=&author=&limit=&offset=")["articlesCount"] == 8


def test_twenty_is_the_default_and_a_hundred_the_most(api: Api) -> None:
    jake = api.register("jake")
    for n in range(21):
        api.publish(jake, f"T{n}")
    assert len(api.read("/articles")["articles"]) == 20
    assert len(api.read("/articles?limit=100")["articles"]) == 21


@pytest.mark.parametrize("path", ["/articles", "/articles/feed"])
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("limit=101", "must be at most 100"),
        ("limit=0", "must be at least 1"),
        ("offset=-1", "must be at least 0"),
        ("limit=ten", "must be an integer"),
        ("limit=1.5", "must be an integer"),
        ("offset=99999999999999999999", "must be at most 2147483647"),
    ],
)
def test_an_absurd_page_is_refused(api: Api, path: str, query: str, message: str) -> None:
    answer = api.get(f"{path}?{query}", api.register("jake"))
    assert answer.status_code == 422
    assert errors(answer) == {query.split("=", maxsplit=1)[0]: [message]}


@pytest.mark.only("sqlite")
@pytest.mark.parametrize(
    "filters", [{"author": "anna"}, {"favorited": "anna"}, {"author": "anna", "favorited": "anna"}]
)
def test_a_page_by_several_filters_costs_what_the_smallest_of_them_costs(
    app: Flask, api: Api, filters: dict[str, str]
) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    api.publish(anna, "Anna's", ["popular"])
    api.post("/articles/anna-s/favorite", by=anna)
    with app.app_context():
        few = steps(filters)
        publish_many(api.publish(jake, "Jake's", ["popular"])["slug"], 2_000)
        assert steps({"tag": "popular"} | filters) < few + 500


def steps(filters: dict[str, str]) -> int:
    """Of SQLite's virtual machine, for a page that has one article."""
    counted = []
    with reading() as connection:
        sqlite = connection.connection.driver_connection
        assert sqlite is not None
        sqlite.set_progress_handler(lambda: counted.append(1), 1)
        found = articles.find_page(connection, filters, None, 20, 0)
        sqlite.set_progress_handler(None, 1)
    assert (len(found.rows), found.total) == (1, 1)
    return len(counted)


def publish_many(slug: str, count: int) -> None:
    """As many articles more like this one, with its tag."""
    with writing(db.session):
        one = db.session.execute(select(tables.articles).where(tables.articles.c.slug == slug)).mappings().one()
        tag = db.session.scalars(select(tables.tags.c.id)).one()
        new = [{**one, "id": one["id"] + n, "slug": f"more-{n}"} for n in range(1, count + 1)]
        db.session.execute(insert(tables.articles), new)
        carried = [{"tag_id": tag, "article_id": article["id"]} for article in new]
        db.session.execute(insert(tables.article_tags), carried)
        counters.recount(db.session)
