"""Which routes are worth being hot."""

import pytest

from hotroute.profiler.advice import Serving
from hotroute.profiler.model.results import RouteSummary
from tests.profiler.advice.made import advised, kinds, route, split, the

pytestmark = pytest.mark.unit

LISTING = "/shop/articles"


def test_a_route_that_is_read_often_and_written_seldom_is_to_be_marked() -> None:
    found = the("hot", advised(route(LISTING, requests=4000), route("/shop/articles/<slug>", "PUT", 10)))
    assert found.route == LISTING
    assert found.numbers["reads_per_write"] == 400
    assert "read 400 times per write: mark it @hot" in found.title
    assert found.gain == pytest.approx(4000 * 0.02 * (1 - 1 / 400))


def test_a_route_that_is_never_written_is_to_be_marked() -> None:
    assert "4,000 times and never written" in the("hot", advised(route(LISTING, requests=4000))).title


def test_a_route_that_is_written_every_few_reads_is_not() -> None:
    assert "hot" not in kinds(advised(route(LISTING, requests=4000), route("/shop/articles/<slug>", "PUT", 800)))


def test_a_write_that_was_refused_or_failed_is_none() -> None:
    refused = route("/shop/articles/<slug>", "PUT", 800, refused=700, errors=1, split=split(wall=0.001))
    assert the("hot", advised(route(LISTING, requests=4000), refused)).numbers["related_writes"] == 99


def test_writes_elsewhere_count_too_where_they_are_as_many_as_the_reads() -> None:
    reads = route("/shop/tags", requests=4000)
    assert "hot" in kinds(advised(reads, route("/shop/orders", "POST", 1000)))
    assert "hot" not in kinds(advised(reads, route("/shop/orders", "POST", 3000)))


@pytest.mark.parametrize(
    "unlikely",
    [
        route(LISTING, "POST", 4000),
        route("(no route)", requests=4000),
        route("/healthz", requests=4000),
        route("/static/<path:filename>", requests=4000),
        route(LISTING, requests=150),
        route(LISTING, requests=4000, split=split(wall=0.0001)),
        route(LISTING, requests=4000, refused=3900),
        route(LISTING, requests=4000, cache={"redis hit": 3900, "miss": 100}),
    ],
    ids=["a write", "no route", "health", "a file", "hardly asked for", "quick", "refused", "hot already"],
)
def test_what_must_or_need_not_be_cached_is_not_to_be_marked(unlikely: RouteSummary) -> None:
    assert "hot" not in kinds(advised(unlikely))


def test_the_limits_of_what_is_known_are_said() -> None:
    one, listing = (the("hot", advised(route(path))).text for path in ("/shop/articles/<slug>", LISTING))
    assert "how often the same one is asked for is not known" in one
    assert "how often the same one is asked for is not known" not in listing
    assert "what other programs write" in listing


def test_a_hot_route_that_is_invalidated_with_every_read_is_to_be_unmarked() -> None:
    missed = route("/shop/stock", cache={"redis hit": 20, "miss": 4980})
    found = the("unmark", advised(missed, counters={"invalidations": 5000}))
    assert found.numbers["hit_ratio"] == 0.004
    assert "Unmark it" in found.do


def test_writes_on_its_own_routes_are_a_reason_to_unmark_too() -> None:
    missed = route("/shop/stock", cache={"miss": 5000})
    found = the("unmark", advised(missed, route("/shop/stock/<id>", "PATCH", 4000)))
    assert found.title.endswith(": unmark it")


def test_of_a_route_with_many_urls_it_is_not_certain_that_a_write_changed_this_one() -> None:
    missed = route("/shop/stock/<id>", cache={"miss": 5000})
    assert "depend on less" in the("unmark", advised(missed, route("/shop/stock/<id>", "PATCH", 4000))).title


def test_a_hot_route_whose_urls_are_each_asked_for_once_is_not_said_to_be_invalidated() -> None:
    found = advised(route("/shop/search", cache={"miss": 5000}), counters={"invalidations": 3})
    assert "unmark" not in kinds(found)
    assert "most are asked for once" in the("misses", found).text


@pytest.mark.parametrize(
    "outcomes",
    [{"redis hit": 3000, "miss": 2000}, {"memory hit": 100, "miss": 60}, {"collapsed": 3000, "miss": 2000}],
    ids=["it hits", "hardly asked for", "one answer for many that waited"],
)
def test_a_hot_route_that_is_of_use_or_hardly_known_stays_marked(outcomes: dict[str, int]) -> None:
    found = advised(route("/shop/stock", cache=outcomes), counters={"invalidations": 5000})
    assert not {"unmark", "misses"} & set(kinds(found))


def test_a_hot_route_that_is_mostly_bypassed_is_to_be_explained() -> None:
    assert "hotroute explain" in the("bypassed", advised(route(cache={"bypass": 4000, "redis hit": 300}))).do
    assert "bypassed" not in kinds(advised(route(cache={"bypass": 300, "redis hit": 4000})))


def test_a_redis_that_could_not_be_asked_is_told() -> None:
    assert "REDIS_TIMEOUT" in the("outages", advised(route(), counters={"breaker opened": 3})).do
    assert "outages" not in kinds(advised(route(), counters={"invalidations": 3}))


def test_what_went_past_the_cache_meanwhile_is_counted_and_not_supposed() -> None:
    nobody, some = (
        the("outages", advised(route(cache={"redis hit": 900, **bypassed}), counters={"breaker opened": 3}))
        for bypassed in ({}, {"bypass": 41})
    )
    assert (nobody.severity, some.severity) == ("low", "medium")
    assert "No request of a hot route came in such a moment" in nobody.text
    assert "41 requests went past the cache" in some.text


def test_what_was_measured_without_a_cache_says_how_to_have_one() -> None:
    assert "CACHE_ENABLED" in the("hot", advised(route(LISTING), serving=Serving())).do


def test_a_short_load_is_no_reason_to_unmark() -> None:
    """Two minutes of an hour, in which nearly every request wrote."""
    written = route("/shop/stock", cache={"miss": 5000}, sparkline=(0,) * 58 + (2500, 2500))
    found = the("misses", advised(written, route("/shop/stock/<id>", "PATCH", 4000)))
    assert found.severity == "low"
    assert found.do == "Leave it marked, and judge it by 30 min or more of everyday use."
