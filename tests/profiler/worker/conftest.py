"""A small application with a profiler whose flusher is the test."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request
from werkzeug.test import TestResponse

from hotroute import profiler
from hotroute.profiler.model.records import Batch, Sample
from hotroute.profiler.options import EXTENSION
from hotroute.profiler.worker.recorder import Recorder

PASSWORD = "a password for tests"
KEY = "a key for tests"


class Profiled:
    """An application with a profiler; no thread of which runs."""

    def __init__(self, app: Flask, options: profiler.Options) -> None:
        profiler.init_app(app, options)
        self.app, self.client = app, app.test_client()
        self.recorder: Recorder = app.extensions[EXTENSION]
        self.recorder.running = True

    def call(self, method: str, path: str, **given: Any) -> TestResponse:
        return self.client.open(path, method=method, buffered=True, **given)

    def get(self, path: str, **given: Any) -> TestResponse:
        return self.call("GET", path, **given)

    def batch(self) -> Batch:
        """What was recorded since the last one."""
        return self.recorder.flusher.collect()

    def sample(self) -> Sample:
        """The only one since the last batch."""
        [sample] = self.batch().samples
        return sample


Make = Callable[..., Profiled]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a profiled application, from one that has its routes already or from an empty one."""
    made = list[Profiled]()

    def build(app: Flask | None = None, **changes: Any) -> Profiled:
        options: dict[str, Any] = {
            "url": f"sqlite:///{tmp_path / 'profiler.db'}",
            "password": PASSWORD,
            "release": "one",
            "samples_per_second": 10_000.0,
            "key": KEY,
        }
        made.append(Profiled(app or Flask("tests"), profiler.Options(**(options | changes))))
        return made[-1]

    yield build
    for profiled in made:
        profiled.recorder.running = False


@pytest.fixture
def profiled(make: Make) -> Profiled:
    return make(small())


def small() -> Flask:
    app = Flask("tests")

    @app.get("/")
    def index() -> str:
        return "hello"

    @app.route("/things/<uuid:thing>", methods=["GET", "POST"])
    def thing(thing: uuid.UUID) -> str:
        return str(thing)

    @app.post("/upload")
    def upload() -> str:
        return str(len(request.stream.read()))

    @app.get("/stream")
    def stream() -> Response:
        return Response(str(number) for number in range(3))

    @app.get("/fails")
    def fails() -> str:
        raise RuntimeError("as told")

    return app
