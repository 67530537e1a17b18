"""Servers for the tests of serving, from `tests.servers`."""

from collections.abc import Iterator

import pytest

from tests import servers

APP = "tests.serving.app:app"


@pytest.fixture
def free_port() -> int:
    return servers.free_port()


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    """Gunicorn with two workers and the test's application."""
    notes = tmp_path_factory.mktemp("app") / "notes"
    with servers.gunicorn_server(APP, {"NOTES": str(notes)}) as running:
        yield running


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with servers.redis_server() as url:
        yield url
