"""Waiting wants threads, computing wants processes, and a sleeping probe tells them apart."""

from dataclasses import replace

import pytest

from hotroute.profiler.advice import Serving
from tests.profiler.advice.made import BUSY, CALM, FIGHTING, advised, kinds, route, split, the, worker

pytestmark = pytest.mark.unit

WAITING = route("/waits", split=split(wall=0.1, cpu=0.002, outgoing=0.095))
SHARED = route("/computes", split=split(wall=0.4, cpu=0.09))
"""Four threads that compute: each has a quarter of the interpreter, and seems to wait."""


def test_a_route_that_waits_while_the_threads_are_in_use_wants_more_threads() -> None:
    found = the("waits", advised(WAITING, peak=BUSY))
    assert (found.route, found.severity) == ("/waits", "medium")
    assert "Raise GUNICORN_THREADS" in found.do
    assert "95 ms for outgoing HTTP" in found.text
    assert found.numbers["cpu_share"] == 0.02
    assert found.gain == pytest.approx(5000 * 0.098)


def test_a_route_that_waits_while_threads_are_free_is_told_what_it_waits_for_and_not_to_add_threads() -> None:
    found = the("waits", advised(WAITING, peak=CALM))
    assert found.severity == "low"
    assert "GUNICORN_THREADS" not in found.do
    assert "95 ms for outgoing HTTP" in found.text
    assert found.gain == 0


def test_a_quick_route_that_waits_while_threads_are_free_is_as_it_should_be() -> None:
    quick = route("/quick", split=split(wall=0.02, cpu=0.002, sql=0.018))
    assert "waits" not in kinds(advised(quick, peak=CALM))
    assert "waits" in kinds(advised(quick, peak=BUSY))


def test_connections_that_wait_to_be_accepted_are_a_reason_for_threads() -> None:
    assert the("waits", advised(WAITING, peak=replace(CALM, queue=9))).severity == "medium"


def test_of_a_route_that_uses_its_time_for_computing_nobody_says_that_it_waits() -> None:
    assert "waits" not in kinds(advised(route(split=split(wall=0.1, cpu=0.06)), peak=BUSY))


def test_threads_that_fight_for_the_interpreter_look_as_if_they_waited_but_want_processes() -> None:
    found = advised(SHARED, peak=FIGHTING, serving=Serving(cpus=8))
    assert "waits" not in kinds(found)
    assert "can be more: GUNICORN_WORKERS" in the("computes", found).do
    assert the("computes", found).numbers["late_p95_seconds"] == 0.05


def test_where_every_cpu_has_a_worker_computing_wants_less_work_and_not_more_workers() -> None:
    found = the("computes", advised(SHARED, peak=FIGHTING, serving=Serving(cpus=2)))
    assert "GUNICORN_WORKERS" not in found.do
    assert "another machine, or less work" in found.do


def test_what_computes_for_long_in_one_request_becomes_a_job() -> None:
    long = route("/report", split=split(wall=2.0, cpu=0.9))
    report, shared = (the("computes", advised(each, peak=FIGHTING)) for each in (long, SHARED))
    assert "202" in report.do
    assert report.title.endswith(", or a job")
    assert report.severity == "high"
    assert "202" not in shared.do
    assert not shared.title.endswith(", or a job")
    assert shared.severity == "medium"


def test_what_computing_may_gain_is_the_time_that_requests_wait_for_the_interpreter() -> None:
    """A hundred requests of 400 ms: 90 of them computed, 30 asked the database, 20 the cache, 10 another service."""
    asked = route("/asked", requests=100, split=split(wall=0.4, cpu=0.09, sql=0.03, cache=0.02, outgoing=0.01))
    found = the("computes", advised(asked, peak=FIGHTING))
    assert found.gain == pytest.approx(100 * 0.25)
    assert found.numbers["share_of_all_cpu"] == 1


def test_a_probe_that_is_a_little_late_and_nothing_computes_is_not_worth_a_word() -> None:
    assert "crowded" not in kinds(advised(WAITING, peak=replace(BUSY, lateness=0.009, cores=0.05)))
    assert "crowded" in kinds(advised(WAITING, peak=replace(BUSY, lateness=0.011, cores=0.05)))


def test_a_route_with_little_of_the_cpu_is_not_blamed_for_a_late_probe() -> None:
    small = route("/small", requests=500, split=split(wall=0.4, cpu=0.09))
    found = advised(SHARED, small, peak=FIGHTING)
    assert the("computes", found).route == "/computes"


def test_a_probe_that_is_late_though_nothing_computes_points_at_the_neighbours() -> None:
    found = advised(WAITING, peak=replace(BUSY, lateness=0.05, cores=0.05))
    assert "computes" not in kinds(found)
    assert "Other processes" in the("crowded", found).text


def test_many_short_requests_do_not_hold_the_interpreter_so_a_late_probe_is_not_their_fault() -> None:
    """A thread gets the interpreter after 5 ms at the latest; one that needs a millisecond is done before."""
    short = route("/short", split=split(wall=0.02, cpu=0.001))
    found = kinds(advised(short, peak=FIGHTING))
    assert "crowded" in found
    assert "computes" not in found


def test_a_punctual_probe_accuses_nobody() -> None:
    assert not {"crowded", "computes"} & set(kinds(advised(SHARED, peak=replace(FIGHTING, lateness=0.0002))))


def test_workers_that_are_gone_do_not_count_as_threads() -> None:
    before = tuple(worker(number, alive=False, threads=64, seen=1_000_100.0) for number in range(5, 9))
    found = the("waits", advised(WAITING, peak=BUSY, workers=(worker(0), worker(1), *before)))
    assert found.numbers["threads"] == 8
