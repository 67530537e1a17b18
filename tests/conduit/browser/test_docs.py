"""The page of the API's document works in a real browser, under its own policy."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.api import PASSWORD
from tests.conduit.browser.conftest import address
from tests.conduit.contract.conftest import published
from tests.servers import Server


@pytest.fixture
def complaints() -> list[str]:
    """What the browser says against the page."""
    return []


@pytest.fixture
def page(browser: Browser, site: Server, tmp_path: Path, complaints: list[str]) -> Iterator[Page]:
    """The page, loaded; in the end its console must have been silent and its policy kept."""
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.on("console", lambda message: complaints.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
    page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
    page.goto(f"{address(site)}/docs/")
    expect(page.locator(".opblock").first).to_be_visible()
    yield page
    page.screenshot(path=tmp_path / "docs.png", full_page=True)
    page.close()
    assert complaints == []


def test_every_operation_is_listed(page: Page) -> None:
    listed = {
        (block.locator(".opblock-summary-method").inner_text(), block.locator(".opblock-summary-path").inner_text())
        for block in page.locator(".opblock").all()
    }
    # The page puts characters without a width into paths, where a line may break.
    shown = {(method, path.replace("\u200b", "")) for method, path in listed}
    assert shown == {(operation.method, operation.path) for operation in published().operations.values()}


def test_one_can_authorize_and_ask_who_one_is(page: Page, site: Server) -> None:
    user = {"username": "celeb", "email": "celeb@example.com", "password": PASSWORD}
    registered = page.request.post(f"{address(site)}/api/users", data={"user": user})
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-container input").fill(registered.json()["user"]["token"])
    page.locator(".auth-btn-wrapper .authorize").click()
    page.locator(".btn-done").click()

    operation = page.locator(".opblock", has_text="The user whose token is sent")
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Execute").click()
    answer = operation.locator(".live-responses-table .response")
    expect(answer.locator(".response-col_status")).to_contain_text("200")
    expect(answer.locator(".response-col_description")).to_contain_text('"email": "celeb@example.com"')


def test_what_the_page_offers_to_send_is_accepted(page: Page) -> None:
    operation = page.locator(".opblock", has_text="Register a new user")
    operation.locator(".opblock-summary-control").click()
    assert json.loads(operation.locator("textarea").input_value())["user"]["username"] == "jake"
    operation.get_by_role("button", name="Execute").click()
    expect(operation.locator(".live-responses-table .response .response-col_status")).to_contain_text("201")


def test_a_script_within_the_page_is_not_run(page: Page, complaints: list[str]) -> None:
    with page.expect_console_message():
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'ran = true'}))")
    assert page.evaluate("window.ran") is None
    [complaint] = complaints
    assert "violates the following Content Security Policy directive 'script-src 'self''" in complaint
    complaints.clear()
