"""Flask-Profiler's `measure` times every view, and changes the answer of none."""

import asyncio
import uuid
from io import BytesIO
from pathlib import Path

import flask_profiler  # type: ignore[import-untyped]
import pytest
from flask import Flask, request

from hotroute import profiler
from tests.profiler.batches import single
from tests.profiler.worker.conftest import Make, Profiled, small


def test_a_rule_with_a_uuid_is_measured(profiled: Profiled) -> None:
    thing = str(uuid.uuid4())
    assert profiled.get(f"/things/{thing}").text == thing
    assert profiled.sample().view > 0


def test_a_body_that_is_not_text_reaches_the_view_unread(profiled: Profiled) -> None:
    assert profiled.call("POST", "/upload", data=b"\xff\xfe" * 5000).text == "10000"
    assert profiled.sample().view > 0


def test_a_streamed_upload_reaches_the_view(profiled: Profiled) -> None:
    answer = profiled.call("POST", "/upload", input_stream=BytesIO(b"\xff" * 3000), content_length=3000)
    assert answer.text == "3000"


def test_a_streamed_answer_stays_streamed(profiled: Profiled) -> None:
    assert profiled.get("/stream").text == "012"
    assert profiled.sample().size is None


def test_an_asynchronous_view_is_measured(make: Make) -> None:
    app = Flask("tests")

    @app.get("/")
    async def later() -> str:
        await asyncio.sleep(0.01)
        return "later"

    profiled = make(app)
    assert profiled.get("/").text == "later"
    assert profiled.sample().view >= 0.01


def test_a_route_that_is_added_afterwards_is_measured(profiled: Profiled) -> None:
    profiled.app.add_url_rule("/new", "new", lambda: "new")
    assert profiled.get("/new").text == "new"
    sample = profiled.sample()
    assert sample.request.route == "/new"
    assert sample.view > 0


def test_each_view_stays_what_it_was(make: Make) -> None:
    app = small()
    views = dict(app.view_functions)
    make(app)
    assert {name: app.view_functions[name] for name in views} == views


def test_static_files_are_sent(make: Make, tmp_path: Path) -> None:
    app = Flask("tests", static_folder=tmp_path, static_url_path="/static")
    (tmp_path / "a.txt").write_text("static")
    profiled = make(app)
    assert profiled.get("/static/a.txt").text == "static"
    assert profiled.sample().request.route == "/static/<path:filename>"


def test_measurements_of_flask_profilers_own_are_taken_too(make: Make) -> None:
    app = Flask("tests")
    profiled = make(app)

    @flask_profiler.profile()  # type: ignore[untyped-decorator]
    def twice() -> str:
        return request.path

    app.add_url_rule("/twice", "twice", twice)
    assert profiled.get("/twice").text == "/twice"
    assert profiled.sample().view > 0


def test_outside_of_a_request_a_measurement_is_nobodys(make: Make) -> None:
    make()
    assert flask_profiler.flask_profiler.measure(lambda: 1, "job", "JOB")() == 1


def test_the_configuration_of_flask_profiler_is_read(make: Make) -> None:
    app = small()
    app.config["flask_profiler"] = {
        "enabled": True,
        "endpointRoot": "hidden",
        "basicAuth": {"enabled": True, "username": "me", "password": "mine for tests"},
        "ignore": ["^/fails", "things"],
        "sampling_function": lambda: request.args.get("look") == "1",
    }
    profiled = make(app)
    for path in ("/", "/?look=1", "/fails", f"/things/{uuid.uuid4()}"):
        profiled.get(path)
    batch = profiled.batch()
    assert [each.route for each in single(batch)] == ["/", "/"]
    assert len(batch.samples) == 1
    assert profiled.get("/hidden/classic/").status_code == 401
    assert profiled.get("/hidden/classic/", auth=("me", "mine for tests")).status_code == 200
    assert single(profiled.batch()) == [], "what the profiler shows is not recorded"


def test_a_failure_that_nobody_sampled_is_kept_all_the_same(make: Make) -> None:
    profiled = make(small(), sampling_function=lambda: False)
    profiled.get("/fails")
    sample = profiled.sample()
    assert (sample.kind, sample.chosen) == ("failed", False)


def test_two_applications_keep_their_own_sampling_function(make: Make) -> None:
    one, other = make(small(), sampling_function=lambda: False), make(small())
    one.get("/")
    other.get("/")
    assert (len(one.batch().samples), len(other.batch().samples)) == (0, 1)


def test_switched_off_it_is_not_there(make: Make) -> None:
    app = small()
    app.config["flask_profiler"] = {"enabled": False}
    before = app.wsgi_app
    profiler.init_app(app, profiler.Options(url="sqlite:///unused.db"))
    assert app.wsgi_app == before
    assert app.test_client().get("/profiler/classic/").status_code == 404


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"basicAuth": {"enabled": False}}, "basicAuth"),
        ({"sampling_function": 1}, "sampling_function"),
        ({"endpointRoot": "/"}, "endpointRoot"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_refused(make: Make, given: dict[str, object], named: str) -> None:
    app = small()
    app.config["flask_profiler"] = given
    with pytest.raises(ValueError, match=named):
        make(app)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_storage_in_memory_is_refused(make: Make, url: str) -> None:
    with pytest.raises(ValueError, match="memory"):
        make(url=url)


def test_without_a_password_it_does_not_start(make: Make) -> None:
    with pytest.raises(ValueError, match="PROFILER_PASSWORD"):
        make(password="")


def test_nothing_warns_that_it_were_open(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    make()
    assert caplog.records == []
