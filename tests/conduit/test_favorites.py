"""Favouring articles."""

import pytest

from tests.api import Api

pytestmark = pytest.mark.pgbouncer


def test_a_favourite_is_seen_by_who_favours_and_counted_for_all(api: Api) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    api.publish(jake, "Title")
    favoured = api.post("/articles/title/favorite", by=anna).json["article"]  # type: ignore[index]
    assert (favoured["favorited"], favoured["favoritesCount"]) == (True, 1)
    seen = {
        name: api.read("/articles/title", by)["article"] for name, by in (("anna", anna), ("jake", jake), ("", None))
    }
    assert {name: article["favorited"] for name, article in seen.items()} == {"anna": True, "jake": False, "": False}
    assert {article["favoritesCount"] for article in seen.values()} == {1}
    listed = api.read("/articles?favorited=anna", anna)
    assert (listed["articlesCount"], listed["articles"][0]["favorited"]) == (1, True)


def test_favouring_twice_counts_once_and_can_be_taken_back(api: Api) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    api.publish(jake, "Title")
    for _ in range(2):
        assert api.post("/articles/title/favorite", by=anna).json["article"]["favoritesCount"] == 1  # type: ignore[index]
    for _ in range(2):
        article = api.delete("/articles/title/favorite", anna).json["article"]  # type: ignore[index]
        assert (article["favorited"], article["favoritesCount"]) == (False, 0)
    assert api.read("/articles?favorited=anna")["articlesCount"] == 0
