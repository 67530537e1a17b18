"""The dashboard under a real Gunicorn, and a real Chromium to look at it; WITHOUT=browser leaves this out.

Pictures of what it saw are in instance/screenshots.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import requirements, servers
from tests.conduit.browser.conftest import address, browser
from tests.profiler.dashboard.served import PASSWORD, USERNAME
from tests.requirements import BROWSER
from tests.servers import ROOT

__all__ = ["browser"]

HERE = Path(__file__).parent
SCREENSHOTS = ROOT / "instance" / "screenshots"
LOOKS: dict[str, dict[str, object]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1440, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1440, "height": 900}},
    "narrow": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}, "has_touch": True},
}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    requirements.deselect(BROWSER, HERE, config, items)


Serve = Callable[[str], str]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Starts a server for a storage, once, and gives the dashboard's address."""
    with ExitStack() as stack:
        running: dict[str, str] = {}

        def serving(url: str) -> str:
            if url not in running:
                served = servers.gunicorn_server("tests.profiler.dashboard.served:create()", {"PROFILER_URL": url})
                running[url] = f"{address(stack.enter_context(served))}/profiler"
            return running[url]

        yield serving


Open = Callable[..., BrowserContext]


@pytest.fixture
def look(browser: Browser) -> Iterator[Open]:
    """Opens a browser with the password, or with other options of Playwright's `new_context`."""
    with ExitStack() as stack:

        def opened(look: str = "light", **options: object) -> BrowserContext:
            login = {"http_credentials": {"username": USERNAME, "password": PASSWORD}}
            context = browser.new_context(**{**LOOKS[look], **login, **options})  # type: ignore[arg-type]
            stack.callback(context.close)
            return context

        yield opened


@pytest.fixture
def complaints() -> list[str]:
    """What the browser says against the pages, its console, the policy and files that did not come."""
    return []


def settled(page: Page) -> Page:
    """What comes after the page is there too."""
    page.wait_for_load_state("load")
    expect(page.locator("[hx-trigger=load], .htmx-request")).to_have_count(0)
    return page


Visit = Callable[..., Page]


@pytest.fixture
def visit(look: Open, complaints: list[str]) -> Iterator[Visit]:
    """Opens an address; in the end nothing may have been complained of."""

    def opened(where: str, style: str = "light", **options: object) -> Page:
        page = look(style, **options).new_page()
        page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.goto(where)
        return page

    yield opened
    assert complaints == []


def keep(page: Page, name: str, *, whole: bool = True) -> None:
    """A picture, for people."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)
