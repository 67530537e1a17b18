"""Flask-Profiler's own page works in a real browser, on our data and under a policy that lets nothing else run."""

import base64
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, HttpCredentials, Page, expect

from tests.conduit.browser.conftest import address
from tests.servers import Server, gunicorn_server, wait_until

LOGIN: HttpCredentials = {"username": "admin", "password": "a password for tests"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An application that has answered some requests, all of them recorded."""
    storage = tmp_path_factory.mktemp("classic") / "profiler.db"
    environ = {"STORAGE": f"sqlite:///{storage}", "GUNICORN_WORKERS": "1"}
    with gunicorn_server("tests.profiler.worker.served:app", environ) as running:
        for _ in range(20):
            get(running, "/")
        get(running, "/fails")
        wait_until(
            lambda: b'"count":20' in get(running, "/profiler/classic/api/measurements/grouped"), "it is recorded"
        )
        yield running


def get(server: Server, path: str) -> bytes:
    login = base64.b64encode(f"{LOGIN['username']}:{LOGIN['password']}".encode()).decode()
    connection = HTTPConnection("127.0.0.1", int(server.environ["APP_PORT"]), timeout=30)
    connection.request("GET", path, headers={"Authorization": f"Basic {login}"})
    try:
        return connection.getresponse().read()
    finally:
        connection.close()


def told(message: ConsoleMessage) -> list[str]:
    """Errors; an application without an icon is none, and that one table is made twice is a warning of 2018."""
    about_icon = message.location["url"].endswith("/favicon.ico")
    return [message.text] if message.type == "error" and not about_icon else []


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, served: Server, tmp_path: Path, complaints: list[str]) -> Iterator[Page]:
    """The page, loaded; in the end its console must have been silent and its policy kept."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000}, http_credentials=LOGIN)
    page.on("console", lambda message: complaints.extend(told(message)))
    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.goto(f"{address(served)}/profiler/classic/")
    yield page
    page.screenshot(path=tmp_path / "classic.png", full_page=True)
    page.close()
    assert complaints == []


def test_the_routes_are_listed_and_the_charts_are_drawn(page: Page) -> None:
    rows = page.locator("#big-users-table tbody tr")
    expect(rows.filter(has_text="/fails")).to_have_count(1)
    expect(rows.filter(has_text="20")).not_to_have_count(0)
    expect(page.locator("#pieChart svg path.c3-arc").first).to_be_visible()
    expect(page.locator("#lineChart svg")).to_be_visible()
    expect(page.locator(".loading")).to_have_count(0)


def test_a_request_is_found_and_shown(page: Page) -> None:
    page.get_by_role("tab", name="Filtering").click()
    row = page.locator("#filteredTable tbody tr", has_text="/fails")
    row.first.click()
    expect(page.locator(".filteredModal .modal-body")).to_contain_text("500")


def test_it_asks_nobody_elses_server_and_offers_no_deletion(page: Page) -> None:
    assert page.locator("iframe").count() == 0
    page.get_by_role("tab", name="Settings").click()
    expect(page.locator(".dump-database")).to_be_visible()
    assert page.locator(".delete-database").count() == 0
