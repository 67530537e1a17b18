"""A broker, a database, an application that asks for jobs, and workers that run them, for each kind of backend."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests import databases, requirements
from tests.jobs import app as jobs_app
from tests.jobs.brokers import Broker, rabbitmq_broker, redis_broker
from tests.servers import PROGRAMS, Server, server, wait_until

BACKENDS = ("celery-redis", "celery-rabbitmq", "rq-redis")
PATIENCE = 150.0
"""Seconds to wait for a worker or a broker that starts on a busy machine; what is waited for is never the time."""

CALLER = {"X-Caller": "ann"}


@dataclass
class Site:
    """An application, its broker, and what its workers need."""

    app: Flask
    broker: Broker
    environ: dict[str, str]
    folder: Path

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def ask(self, kind: str, word: str, **headers: str) -> str:
        """Ask for a job; return the path of its status."""
        response = self.client.post(f"/words/{word}?kind={kind}", headers={**CALLER, **headers})
        assert response.status_code == 202, response.text
        return response.headers["Location"]

    def show(self, location: str) -> dict[str, Any]:
        body: Any = self.client.get(location, headers=CALLER).json
        shown: dict[str, Any] = body["job"]
        return shown

    def wait_for(self, location: str, *states: str) -> dict[str, Any]:
        wait_until(lambda: self.show(location)["state"] in states, f"a job that is {' or '.join(states)}", PATIENCE)
        return self.show(location)

    def wait_until_begun(self, word: str, attempt: int = 1) -> int:
        """Wait until a slow job runs; return the process that it runs in."""
        file = self.folder / f"{word}.begun.{attempt}"
        wait_until(lambda: file.exists() and file.read_text() != "", f"attempt {attempt} of {word}", PATIENCE)
        return int(file.read_text())

    def let_go(self, word: str) -> None:
        (self.folder / f"{word}.go").touch()

    def effects(self, word: str) -> int:
        """Return how often the job with this word has had its effect."""
        with self.app.app_context():
            found = jobs_app.db.session.execute(select(jobs_app.effects).where(jobs_app.effects.c.word == word)).all()
            jobs_app.db.session.close()
        return len(found)

    @contextmanager
    def worker(self, *options: str) -> Iterator[Server]:
        command: list[str | Path] = [
            PROGRAMS / "hotroute",
            "jobs",
            "work",
            "--app",
            "tests.jobs.app:create_app",
            "--concurrency",
            "2",
        ]
        with server([*command, *options], self.environ) as running:
            yield running


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    requirements.deselect(requirements.RABBITMQ, Path(__file__).parent, config, items, word="rabbitmq")


@pytest.fixture(scope="module", params=BACKENDS)
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    with (rabbitmq_broker if request.param.endswith("rabbitmq") else redis_broker)() as running:
        running.backend = request.param.partition("-")[0]
        yield running


@pytest.fixture(scope="module")
def site(broker: Broker, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """On SQLite with RabbitMQ, on PostgreSQL with Redis."""
    folder = tmp_path_factory.mktemp("jobs")
    url = f"sqlite:///{folder / 'jobs.db'}"
    if broker.url.startswith("redis"):
        url = databases.driver(request.getfixturevalue("postgresql_url"))
    environ = {
        "TEST_DATABASE_URL": url,
        "TEST_BROKER_URL": broker.url,
        "TEST_BACKEND": broker.backend,
        "TEST_FOLDER": str(folder),
        "TEST_MESSAGE_QUEUE": broker.url,
    }
    with pytest.MonkeyPatch.context() as patch, ExitStack() as ending:
        for name, value in environ.items():
            patch.setenv(name, value)
        app = jobs_app.create_app()
        with app.app_context():
            jobs_app.metadata.drop_all(jobs_app.db.engine)
            jobs_app.metadata.create_all(jobs_app.db.engine)
            ending.callback(jobs_app.db.engine.dispose)
        yield Site(app, broker, environ, folder)


@pytest.fixture(scope="module")
def worker(site: Site) -> Iterator[Server]:
    with site.worker() as running:
        yield running
