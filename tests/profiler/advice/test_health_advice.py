"""Errors, slow tails, what the profiler itself lost, and too little data."""

from dataclasses import replace

import pytest

from hotroute.profiler.advice.advise import judge
from hotroute.profiler.model.results import Quantiles
from tests.profiler.advice.made import advised, evidence, kinds, route, split, the, worker

pytestmark = pytest.mark.unit


def test_a_route_that_fails_comes_first() -> None:
    found = advised(route("/ok"), route("/broken", errors=250))
    assert found[0].kind == "errors"
    assert found[0].gain == pytest.approx(250 * 0.02)
    assert found[0].route == "/broken"
    assert "fails in 5 % of its requests" in found[0].title


def test_a_failure_now_and_then_is_left_to_the_log() -> None:
    assert "errors" not in kinds(advised(route(errors=4), route("/other", errors=40)))
    assert "errors" not in kinds(advised(route(requests=300, errors=4)))
    assert "errors" in kinds(advised(route(requests=300, errors=5)))


def test_a_tail_that_is_far_from_the_middle_is_worth_a_look() -> None:
    found = the("tail", advised(route(latency=Quantiles(0.01, 0.02, 0.4, 0.9, 1.2))))
    assert "40 times as long" in found.title
    assert "p99 is 400 ms" in found.text
    assert found.gain == pytest.approx(50 * 0.39)


def test_a_thousand_requests_and_twelve_times_the_middle_make_a_tail() -> None:
    assert "tail" in kinds(advised(route(latency=Quantiles(0.01, 0.02, 0.12, 0.2, 0.3), requests=1000)))


def test_a_tail_that_nobody_notices_or_that_is_near_is_not() -> None:
    quick, near, few = (Quantiles(p50, p50, p99, p99, p99) for p50, p99 in ((0.001, 0.05), (0.2, 0.9), (0.01, 0.5)))
    routes = (route("/quick", latency=quick), route("/near", latency=near), route("/few", latency=few, requests=900))
    assert "tail" not in kinds(advised(*routes))


def test_what_the_profiler_could_not_keep_is_said() -> None:
    lost = the("dropped", advised(route(requests=997), workers=(worker(0, dropped=3), worker(1)))).numbers
    assert (lost["dropped"], lost["share"]) == (3, 0.003)
    assert "dropped" not in kinds(advised(route()))


def test_a_profiler_that_costs_much_says_so() -> None:
    assert "PROFILER_SAMPLES_PER_SECOND" in the("cost", advised(route(), workers=(worker(own_cpu=0.2), worker(1)))).do
    assert "cost" not in kinds(advised(route()))


def test_of_too_few_requests_nothing_is_said_but_how_many_it_takes() -> None:
    (only,) = judge(evidence(route(requests=150, split=split(samples=150))))
    assert only.kind == "data"
    assert "150 requests" in only.text
    assert "200 requests" in only.text


def test_without_any_request_nothing_is_said_but_how_many_it_takes() -> None:
    (only,) = judge(evidence(workers=()))
    assert only.kind == "data"


def test_a_route_that_was_hardly_looked_at_closely_is_named() -> None:
    found = advised(route("/rare", split=split(wall=0.5, cpu=0.001, samples=10)))
    assert "GET /rare" in the("data", found).text
    assert "waits" not in kinds(found)


def test_of_many_routes_that_were_hardly_looked_at_some_are_named() -> None:
    rare = [route(f"/rare{number}", split=split(samples=10)) for number in range(5)]
    few, many = (the("data", advised(*rare[:count])) for count in (3, 5))
    assert "/rare0, GET /rare1, GET /rare2 less" in few.text
    assert "/rare0, GET /rare1, GET /rare2 and more less" in many.text
    assert many.numbers["routes"] == 5
    assert the("data", advised(*[replace(each, split=None) for each in rare])).numbers["routes"] == 5


def test_a_route_with_hardly_any_time_is_not_worth_an_opinion() -> None:
    idle = route("/idle", requests=100, split=split(wall=0.005, cpu=0.0001, samples=5))
    assert kinds(advised(route("/page"), idle)) == kinds(advised(route("/page")))


def test_advice_is_ordered_by_what_matters_most() -> None:
    order = {"high": 0, "medium": 1, "low": 2}
    found = advised(route("/a"), route("/b", errors=500), route("/c", split=split(wall=0.1, cpu=0.001)))
    ranks = [(order[each.severity], -each.gain) for each in found]
    assert ranks == sorted(ranks)
    assert len(ranks) > 3
