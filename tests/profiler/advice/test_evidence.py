"""What the rules take for granted: which workers count, and how much has to be known."""

from dataclasses import replace

import pytest

from hotroute.profiler.advice import Serving
from tests.profiler.advice.made import BUSY, CALM, FIGHTING, SPAN, advised, evidence, kinds, route, split, the, worker

ENDED = SPAN.end - 1000


def test_workers_that_are_alive_are_those_that_count() -> None:
    gone = worker(9, alive=False, seen=SPAN.end, threads=64)
    assert evidence(workers=(worker(0), worker(1), gone)).running == 2


def test_where_none_is_alive_those_count_that_ended_together_in_the_end() -> None:
    last = [worker(number, alive=False, seen=ENDED + 20 * number) for number in range(2)]
    before = worker(9, alive=False, seen=ENDED - 40, threads=64)
    known = evidence(workers=(before, *last), serving=Serving(workers=7, threads=9))
    assert (known.running, known.threads) == (2, 4)


def test_a_worker_that_has_just_started_shows_more_threads_than_the_older_one() -> None:
    """While a new setting is rolled out."""
    assert evidence(workers=(worker(0, threads=4), worker(1, threads=16))).threads == 16


def test_without_workers_the_settings_count() -> None:
    known = evidence(workers=(), serving=Serving(workers=3, threads=7), peak=replace(CALM, workers=0))
    assert (known.running, known.threads, known.hosts, known.served) == (3, 7, 1, 3)


def test_workers_of_several_hosts_are_counted_for_each() -> None:
    known = evidence(workers=tuple(worker(number, host=f"host{number % 3}") for number in range(6)))
    assert (known.hosts, known.running) == (3, 2)
    assert replace(known, peak=replace(CALM, workers=0)).served == 6


def test_threads_in_use_are_a_share_of_those_that_served_then() -> None:
    assert evidence(peak=replace(CALM, concurrency=6.0, workers=2)).busy == pytest.approx(0.75)


@pytest.mark.parametrize(("cores", "computing"), [(0.09, False), (0.11, True)])
def test_two_workers_compute_from_a_twentieth_of_a_cpu_each_on(cores: float, computing: bool) -> None:
    late = replace(BUSY, lateness=0.05, cores=cores)
    assert evidence(route(split=split(wall=0.4, cpu=0.09)), peak=late).computing is computing


@pytest.mark.parametrize(
    ("cores", "concurrency", "kind"), [(0.22, 1.0, "crowded"), (0.22, 2.5, "computes"), (1.1, 1.0, "computes")]
)
def test_a_late_probe_is_the_requests_doing_only_where_several_are_in_a_worker_or_one_uses_its_cpu_up(
    cores: float, concurrency: float, kind: str
) -> None:
    """Two workers; else other processes took the CPU."""
    late = replace(CALM, lateness=0.05, cores=cores, concurrency=concurrency)
    found = advised(route(split=split(wall=0.4, cpu=0.09)), peak=late)
    assert [each for each in kinds(found) if each in {"crowded", "computes"}] == [kind]


@pytest.mark.parametrize(("long", "computing"), [(400, False), (600, True)])
def test_threads_fight_where_most_of_the_cpu_is_in_requests_that_hold_the_interpreter(
    long: int, computing: bool
) -> None:
    """Of 10 ms each, beside ten times as many as the others of 1 ms each."""
    held = route("/long", requests=long, split=split(wall=0.02, cpu=0.01))
    short = route("/short", requests=10 * (1000 - long), split=split(wall=0.02, cpu=0.001))
    assert evidence(held, short, peak=FIGHTING).computing is computing


@pytest.mark.parametrize(("samples", "kind"), [(30, "waits"), (29, "data")])
def test_a_route_is_judged_from_thirty_of_its_requests_on(samples: int, kind: str) -> None:
    waiting = route(split=split(wall=0.2, cpu=0.001, samples=samples))
    assert [each for each in kinds(advised(waiting, peak=BUSY)) if each in {"waits", "data"}] == [kind]


def test_where_something_else_takes_the_cpu_nobody_says_to_add_threads() -> None:
    """Their requests wait for the CPU too, so that the threads look taken."""
    waiting = [route(f"/{name}", split=split(wall=0.2, cpu=0.001)) for name in "abcde"]
    found = advised(*waiting, peak=replace(BUSY, lateness=0.05, cores=0.05))
    assert not {"waits", "gunicorn"} & {each.kind for each in found}
    assert "before changing Gunicorn's settings" in the("crowded", found).do
    assert not [each for each in found if "GUNICORN_THREADS" in each.do + each.title]


def test_routes_that_wait_for_the_same_setting_are_told_together() -> None:
    waiting = [route(f"/{name}", split=split(wall=0.2, cpu=0.001)) for name in "abc"]
    one = the("waits", advised(*waiting, peak=BUSY))
    assert one.title == "GET /a and 2 other routes wait: more threads"
    assert "So do GET /b, GET /c." in one.text
