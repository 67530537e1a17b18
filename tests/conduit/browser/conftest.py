"""A real Chromium, driven by Playwright, and the API that it looks at.

WITHOUT=browser leaves these tests out, and says so at the end.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests import databases, requirements, servers
from tests.conftest import SECRET
from tests.requirements import BROWSER
from tests.servers import Server

HERE = Path(__file__).parent
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    requirements.deselect(BROWSER, HERE, config, items)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=requirements.program(BROWSER), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Server]:
    """The API on an empty database; the site's address is `address(site)`."""
    url = f"sqlite:///{tmp_path_factory.mktemp('browser') / 'conduit.db'}"
    with databases.connected(url) as engine:
        databases.migrate(engine)
    environ = {"SECRET_KEY": SECRET, "DATABASE_URL": url, "REDIS_URL": redis_url}
    with servers.gunicorn_server("wsgi:app", environ) as running:
        yield running


def address(site: Server) -> str:
    return f"http://127.0.0.1:{site.environ['APP_PORT']}"
