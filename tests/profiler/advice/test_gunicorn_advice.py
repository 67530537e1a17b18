"""Workers and threads, from what the busiest moments asked for."""

from dataclasses import replace
from typing import Any

import pytest

from hotroute.profiler.advice import Advice, Serving
from hotroute.profiler.advice.server import OUR_WORKER
from hotroute.serving.gunicorn.config import settings
from tests.profiler.advice.made import BUSY, CALM, FIGHTING, advised, kinds, route, split, the, worker

pytestmark = pytest.mark.unit

GIB = 1024**3


def recommended(**known: Any) -> Advice:
    return the("gunicorn", advised(route(), **known))


def test_settings_that_fit_are_left_as_they_are() -> None:
    found = recommended(peak=CALM)
    assert "fit" in found.title
    assert (found.numbers["workers"], found.numbers["threads"]) == (2, 4)
    assert found.severity == "low"


def test_requests_that_wait_want_as_many_threads_as_are_in_progress_and_room_for_more() -> None:
    """Twenty in progress by Little's law, and twice its root of room: 29 threads, 15 in each of two workers."""
    found = recommended(peak=replace(CALM, concurrency=20.0), workers=(worker(0, threads=32), worker(1, threads=32)))
    assert round(float(found.numbers["demand"])) == 29
    found = recommended(peak=replace(CALM, concurrency=6.0))
    assert found.numbers["threads"] == 6
    assert "GUNICORN_THREADS=6" in found.title


def test_threads_that_were_all_in_use_are_doubled_for_nobody_knows_how_many_waited() -> None:
    assert recommended(peak=BUSY).numbers["threads"] == 8


def test_connections_that_wait_to_be_accepted_want_threads_too() -> None:
    assert recommended(peak=replace(CALM, queue=12)).numbers["threads"] == 7


def test_computing_wants_a_worker_for_each_cpu() -> None:
    found = recommended(peak=FIGHTING, serving=Serving(cpus=8))
    assert found.numbers["workers"] == 8
    assert "GUNICORN_WORKERS=8" in found.title


def test_workers_that_use_their_cpus_want_more_even_if_the_probe_is_punctual() -> None:
    """One and a half CPUs, of which a worker shall use seven tenths."""
    assert recommended(peak=replace(CALM, cores=1.5), serving=Serving(cpus=8)).numbers["workers"] == 3


def test_more_than_a_host_can_serve_wants_another_host() -> None:
    found = recommended(peak=replace(CALM, concurrency=500.0))
    assert found.numbers["threads"] == 64
    assert "another host" in found.text
    assert "another host" not in recommended(peak=CALM).text


def test_computing_takes_threads_away_that_only_fight() -> None:
    many = tuple(worker(number, threads=32) for number in range(2))
    assert recommended(peak=replace(FIGHTING, concurrency=60.0), workers=many).numbers["threads"] == 4


def test_computing_that_also_asks_the_database_keeps_a_thread_for_each_that_waits() -> None:
    """Seven parts of waiting to one of computing: eight threads keep one interpreter busy."""
    both = route(split=split(wall=0.4, cpu=0.05, sql=0.1, cache=0.1, outgoing=0.15))
    many = tuple(worker(number, threads=32) for number in range(2))
    found = the("gunicorn", advised(both, peak=replace(FIGHTING, concurrency=60.0), workers=many))
    assert found.numbers["threads"] == 8


def test_there_are_never_more_workers_than_cpus() -> None:
    assert recommended(peak=FIGHTING, serving=Serving(cpus=4)).numbers["workers"] == 4
    many = tuple(worker(number) for number in range(9))
    assert recommended(peak=CALM, workers=many, serving=Serving(cpus=4)).numbers["workers"] == 4


def test_there_are_never_more_workers_than_memory_for_them() -> None:
    """Four fifths of 1 GiB are for workers, of which each has 200 MiB."""
    large = (worker(0, memory=200 * 1024**2), worker(1))
    found = recommended(peak=FIGHTING, workers=large, serving=Serving(cpus=16, memory=GIB))
    assert found.numbers["workers"] == 4
    assert "memory for 4 workers" in found.text


def test_two_hosts_share_the_work() -> None:
    spread = tuple(worker(number, host=f"host{number % 2}") for number in range(4))
    one = recommended(peak=replace(CALM, concurrency=6.0))
    two = recommended(peak=replace(CALM, concurrency=12.0, workers=4), workers=spread)
    assert two.numbers["hosts"] == 2
    assert two.numbers["threads"] == one.numbers["threads"]
    assert two.numbers["current_workers"] == 2


def test_the_numbers_behind_it_are_said() -> None:
    """50 a second of 120 ms each; the route computes half of its time."""
    found = recommended(peak=replace(CALM, concurrency=6.0))
    assert found.numbers["peak_request_seconds"] == pytest.approx(0.12)
    assert found.numbers["waiting_share"] == pytest.approx(0.5)
    assert "50 requests a second of 120 ms each were 6 in progress" in found.text
    assert "wait for 50 % of their time" in found.text
    assert "woke 200 us late" in found.text
    assert "hosts" not in found.text
    assert "There are 2 CPUs, and memory for 40 workers of 80 MB: at most 2 workers." in found.text


def test_several_hosts_are_said() -> None:
    spread = tuple(worker(number, host=f"host{number % 2}") for number in range(4))
    found = recommended(peak=replace(CALM, workers=4, queue=2), workers=spread, serving=Serving(cpus=1))
    assert "on 2 hosts; 2 connections waited" in found.text
    assert "There is 1 CPU: at most 2 workers." in found.text


def test_two_hosts_share_the_computing() -> None:
    spread = tuple(worker(number, host=f"host{number % 2}") for number in range(4))
    found = recommended(peak=replace(CALM, cores=4.0, workers=4), workers=spread, serving=Serving(cpus=8))
    assert found.numbers["workers"] == 3


def test_another_kind_of_worker_is_to_be_ours() -> None:
    found = recommended(serving=Serving(worker_class="sync"))
    assert f"GUNICORN_WORKER_CLASS={OUR_WORKER}" in found.title


def test_what_is_taken_for_the_default_worker_is_the_default() -> None:
    assert settings({})["worker_class"] == OUR_WORKER


def test_a_few_requests_say_nothing_of_gunicorn() -> None:
    assert "gunicorn" not in [each.kind for each in advised(route(requests=199))]
    assert kinds(advised(route(requests=199))) == ["data"]


def test_the_settings_are_those_of_the_environment() -> None:
    environ = {"GUNICORN_WORKERS": "3", "GUNICORN_THREADS": "9", "DATABASE_POOL_SIZE": "5"}
    read = Serving.read(environ)
    assert (read.workers, read.threads, read.pool) == (3, 9, 6)
    assert Serving.read({"DATABASE_POOL_SIZE": "0"}).pool is None
    assert read.memory is None or read.memory > 2**20
