"""Slow requests are caught while they are under way."""

import sys
import threading
import time
from typing import Any

from flask import Flask

from hotroute.profiler.model.records import Request
from hotroute.profiler.request import stack_samples
from hotroute.profiler.request.slow_thresholds import MOST_ROUTES
from hotroute.profiler.worker import watchdog
from tests.profiler.batches import alike
from tests.profiler.worker.conftest import Make, Profiled


def waiting(make: Make, **options: Any) -> tuple[Profiled, threading.Event]:
    """An application one route of which waits until it may go on."""
    app = Flask("tests")
    go_on = threading.Event()

    def wait_for_it() -> str:
        go_on.wait(30)
        return ""

    app.add_url_rule("/waits", "waits", wait_for_it)
    app.add_url_rule("/other", "other", wait_for_it)
    return make(app, **options), go_on


def watched_while_it_waits(profiled: Profiled, go_on: threading.Event, path: str, looks: int = 3) -> None:
    """Ask for the path, and have the watchdog look at it some times before it goes on."""
    go_on.clear()
    thread = threading.Thread(target=profiled.get, args=(path,))
    thread.start()
    while not profiled.recorder.in_flight:
        time.sleep(0.001)
    time.sleep(0.05)
    for _ in range(looks):
        profiled.recorder.watchdog.look(time.perf_counter() + 0.001)
    go_on.set()
    thread.join()


def test_a_slow_request_is_kept_with_where_it_was(make: Make) -> None:
    profiled, go_on = waiting(make, slow=0.01, samples_per_second=0.0)
    watched_while_it_waits(profiled, go_on, "/waits")
    sample = profiled.sample()
    assert (sample.kind, sample.chosen, sample.request.route) == ("slow", False, "/waits")
    [line] = sample.stack.splitlines()
    folded, _, count = line.rpartition(" ")
    assert count == "3"
    frames = folded.split(";")
    assert frames[0] == "flask/app.py Flask.wsgi_app", "what is the server's is left out"
    assert any(frame.endswith("test_slow.py waiting.<locals>.wait_for_it") for frame in frames)
    assert frames[-1].startswith("threading.py ")


def test_a_request_that_is_not_slow_has_no_stack(make: Make) -> None:
    profiled, go_on = waiting(make, slow=60.0)
    watched_while_it_waits(profiled, go_on, "/waits")
    sample = profiled.sample()
    assert (sample.kind, sample.stack) == ("sample", "")


def test_a_route_may_be_slow_on_its_own_terms(make: Make) -> None:
    profiled, go_on = waiting(make, slow=60.0, slow_routes={"/waits": 0.01})
    watched_while_it_waits(profiled, go_on, "/waits")
    assert profiled.sample().stack
    watched_while_it_waits(profiled, go_on, "/other")
    assert profiled.sample().kind == "sample"


def learned(profiled: Profiled, usual: dict[str, float], requests: int = 200) -> None:
    for route, seconds in usual.items():
        asked = Request(0.0, route, "GET", 200, "", seconds)
        profiled.recorder.thresholds.next = 0.0
        profiled.recorder.thresholds.learn(alike([asked] * requests), time.monotonic())


def test_a_route_is_slow_beyond_what_it_usually_takes(make: Make) -> None:
    profiled, go_on = waiting(make, slow=60.0, samples_per_second=0.0)
    learned(profiled, {"/waits": 0.001})
    watched_while_it_waits(profiled, go_on, "/waits")
    sample = profiled.sample()
    assert (sample.kind, sample.stack != "") == ("slow", True)
    watched_while_it_waits(profiled, go_on, "/other")
    assert profiled.batch().samples == []


def test_what_is_usual_is_learned_of_enough_requests_and_is_at_most_what_the_options_say(make: Make) -> None:
    profiled = make(slow=0.5, slow_routes={"/given": 0.3})
    thresholds = profiled.recorder.thresholds
    learned(profiled, {"/few": 0.05}, requests=199)
    learned(profiled, {"/fast": 0.001, "/usual": 0.1, "/slow": 1.4, "/given": 0.001})
    found = [thresholds.of(route) for route in ("/few", "/fast", "/usual", "/slow", "/given", "")]
    assert found == [0.5, 0.02, 0.2, 0.5, 0.3, 0.5]
    assert thresholds.lowest == 0.02


def test_no_route_is_slow_later_than_the_settings_say(make: Make) -> None:
    """What is usual is looked at to 20 ms, and a setting may be less."""
    profiled = make(slow=0.01)
    learned(profiled, {"/fast": 0.002}, requests=300)
    assert profiled.recorder.thresholds.of("/fast") == profiled.recorder.thresholds.lowest == 0.01


def test_routes_whose_usual_time_is_learned_are_bounded(make: Make) -> None:
    profiled = make()
    learned(profiled, {f"/{number}": 0.01 for number in range(MOST_ROUTES + 100)}, requests=1)
    assert len(profiled.recorder.thresholds.seen) == MOST_ROUTES


def test_a_slow_one_that_was_chosen_counts_among_the_chosen(make: Make) -> None:
    profiled, go_on = waiting(make, slow=0.01)
    watched_while_it_waits(profiled, go_on, "/waits")
    sample = profiled.sample()
    assert (sample.kind, sample.chosen) == ("slow", True)
    assert sample.view > 0


def test_the_watchdog_looks_by_itself_and_tells_how_late_it_woke(make: Make) -> None:
    profiled, go_on = waiting(make, slow=0.01)
    dog = profiled.recorder.watchdog
    dog.start()
    thread = threading.Thread(target=profiled.get, args=("/waits",))
    thread.start()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not any(each.stacks for each in list(profiled.recorder.in_flight.values())):
        time.sleep(0.01)
    go_on.set()
    thread.join()
    dog.stop()
    assert dog.thread is not None
    dog.thread.join(10)
    batch = profiled.batch()
    assert batch.samples[0].stack
    assert batch.pulses[0].lateness
    assert all(late >= 0 for late in batch.pulses[0].lateness)
    assert profiled.batch().pulses[0].lateness == ()


def test_a_request_is_looked_at_seldom_after_a_while(make: Make) -> None:
    profiled, go_on = waiting(make, slow=0.01)
    found = list[bool]()
    dog = profiled.recorder.watchdog
    thread = threading.Thread(target=profiled.get, args=("/waits",))
    thread.start()
    while not profiled.recorder.in_flight:
        time.sleep(0.001)
    time.sleep(0.05)
    while len(found) <= watchdog.MOST_LOOKS:
        found.append(dog.look(time.perf_counter()))
    go_on.set()
    thread.join()
    assert found[0]
    assert not found[-1]


def test_a_thread_that_is_gone_leaves_no_stack() -> None:
    seen = stack_samples.Stacks()
    seen.add(None)
    assert seen.folded() == ""


def test_different_stacks_are_bounded() -> None:
    seen = stack_samples.Stacks()
    for number in range(stack_samples.MOST * 2):
        look_within(seen, f"name_{number}_{'x' * 500}")
    assert len(seen.seen) <= stack_samples.MOST
    assert seen.looks == stack_samples.MOST * 2
    assert len(seen.folded()) <= stack_samples.LONGEST


def look_within(seen: stack_samples.Stacks, name: str) -> None:
    """Add a stack whose innermost function has this name."""
    space: dict[str, Any] = {"seen": seen, "sys": sys}
    exec(f"def {name}():\n    seen.add(sys._getframe())", space)
    space[name]()
