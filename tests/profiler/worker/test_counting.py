"""Every request is counted, with its route, method and status, whoever answers it."""

import re
import uuid
from collections.abc import Iterable
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask, Response, abort
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from hotroute.profiler.model.records import NO_ROUTE, Request
from hotroute.profiler.request import inbox
from tests.profiler.batches import single
from tests.profiler.worker.conftest import PASSWORD, Make, Profiled, small


def seen(requests: Iterable[Request]) -> list[tuple[str, str, int]]:
    return [(each.method, each.route, each.status) for each in requests]


def test_a_request_is_counted_with_its_route_method_and_status(profiled: Profiled) -> None:
    thing = uuid.uuid4()
    profiled.get("/")
    profiled.get(f"/things/{thing}")
    profiled.call("POST", f"/things/{thing}")
    profiled.get("/fails")
    profiled.get("/nowhere")
    profiled.call("PUT", "/")
    profiled.call("OPTIONS", "/")
    assert seen(single(profiled.batch())) == [
        ("GET", "/", 200),
        ("GET", "/things/<uuid:thing>", 200),
        ("POST", "/things/<uuid:thing>", 200),
        ("GET", "/fails", 500),
        ("GET", NO_ROUTE, 404),
        ("PUT", NO_ROUTE, 405),
        ("OPTIONS", "/", 200),
    ]
    assert single(profiled.batch()) == []


def test_a_method_that_nobody_knows_is_another(profiled: Profiled) -> None:
    profiled.call("X" * 1000, "/")
    [counted] = single(profiled.batch())
    assert (counted.method, counted.route) == ("OTHER", NO_ROUTE)


def test_ten_thousand_paths_are_one_route(profiled: Profiled) -> None:
    for number in range(10_000):
        profiled.get(f"/{number}/nothing?here={number}")
    batch = profiled.batch()
    assert len(single(batch)) == 10_000
    assert {each.route for each in single(batch)} == {NO_ROUTE}
    # The budget of samples is spent long before.
    assert len(batch.samples) <= inbox.MOST_SAMPLES


def test_what_a_hook_answers_is_counted_as_its_route(make: Make) -> None:
    app = small()

    @app.before_request
    def refuse() -> None:
        abort(403)

    profiled = make(app)
    profiled.get("/")
    assert seen(single(profiled.batch())) == [("GET", "/", 403)]


def test_what_middleware_answers_is_counted_without_a_route(make: Make) -> None:
    app = small()

    def teapot(environ: Any, start_response: Any) -> list[bytes]:
        start_response("418 I'm a teapot", [("Content-Length", "0")])
        return [b""]

    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/tea": teapot})  # type: ignore[method-assign]
    profiled = make(app)
    profiled.get("/tea")
    assert seen(single(profiled.batch())) == [("GET", NO_ROUTE, 418)]


def test_an_application_that_raises_is_counted_as_a_failure(make: Make) -> None:
    app = small()
    app.config["PROPAGATE_EXCEPTIONS"] = True
    profiled = make(app)
    with pytest.raises(RuntimeError, match="as told"):
        profiled.get("/fails")
    batch = profiled.batch()
    assert [each.status for each in single(batch)] == [500]
    assert batch.pulses[0].in_flight == 0
    assert batch.samples[0].kind == "failed"


def test_a_streamed_answer_is_counted_at_its_end_and_only_once(profiled: Profiled) -> None:
    answer = profiled.client.get("/stream")
    assert single(profiled.batch()) == []
    assert profiled.batch().pulses[0].in_flight == 1
    assert answer.data == b"012"
    answer.close()
    answer.close()
    batch = profiled.batch()
    assert seen(single(batch)) == [("GET", "/stream", 200)]
    assert batch.pulses[0].in_flight == 0


def test_the_time_goes_on_until_the_last_byte(make: Make) -> None:
    app = Flask("tests")
    ended = list[float]()

    @app.get("/")
    def late() -> Response:
        response = Response("x")
        response.call_on_close(lambda: ended.append(profiled.recorder.in_flight.popitem()[1].began))
        return response

    profiled = make(app)
    profiled.get("/")
    # It was still under way when the answer was closed.
    assert len(ended) == 1


def test_requests_of_many_threads_are_all_counted(profiled: Profiled) -> None:
    together = Barrier(8)

    def ask() -> None:
        client = Client(profiled.app)
        together.wait()
        for _ in range(100):
            client.get("/").close()

    threads = [Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(single(profiled.batch())) == 800


def test_what_does_not_fit_is_dropped_and_told(profiled: Profiled, monkeypatch: pytest.MonkeyPatch) -> None:
    profiled.recorder.capacity = 5
    monkeypatch.setattr(inbox, "MOST_SAMPLES", 2)
    for _ in range(7):
        profiled.get("/")
    batch = profiled.batch()
    assert len(single(batch)) == 5
    assert len(batch.samples) == 2
    assert batch.pulses[0].dropped == 2 + 5
    assert profiled.batch().pulses[0].dropped == 0


def test_a_thousand_routes_are_told_apart(make: Make) -> None:
    app = Flask("tests")
    for number in range(1000):
        app.add_url_rule(f"/{number}/<name>", f"view{number}", lambda name: name)
    profiled = make(app)
    for number in range(1000):
        profiled.get(f"/{number}/a")
    assert {each.route for each in single(profiled.batch())} == {f"/{number}/<name>" for number in range(1000)}


def test_two_applications_in_a_process_stay_apart(make: Make) -> None:
    one, other = make(small()), make(small())
    one.get("/")
    other.get("/fails")
    other.get("/fails")
    [sample] = (batch := one.batch()).samples
    assert seen(single(batch)) == [("GET", "/", 200)]
    assert sample.view > 0
    assert len(single(other.batch())) == 2


def test_a_request_within_a_request_is_counted_too(make: Make) -> None:
    inner = make(small())
    app = Flask("tests")
    app.add_url_rule("/", "outer", lambda: inner.get("/").text)
    outer = make(app)
    assert outer.get("/").text == "hello"
    assert seen(single(outer.batch())) == seen(single(inner.batch())) == [("GET", "/", 200)]


def test_a_second_profiler_is_refused(make: Make) -> None:
    app = small()
    make(app)
    with pytest.raises(ValueError, match="already"):
        make(app)


def test_what_the_profiler_shows_is_not_counted(profiled: Profiled) -> None:
    login = {"auth": ("admin", PASSWORD)}
    page = profiled.get("/profiler/", **login)
    files = re.findall(r'"(/static/[^"]+)"', page.text)
    assert files
    assert {profiled.get(path).status_code for path in files} == {200}
    for path in ("/metrics", "/profiler/classic/"):
        profiled.get(path, **login)
    profiled.get("/metrics-of-mine")
    assert seen(single(profiled.batch())) == [("GET", NO_ROUTE, 404)]
