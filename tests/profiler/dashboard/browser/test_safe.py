"""Who has no password sees nothing, and names of routes and statements are never more than names."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.profiler.dashboard.browser.conftest import Open, Serve, Visit, keep, settled
from tests.profiler.dashboard.conftest import HOSTILE_ID
from tests.profiler.dashboard.served import USERNAME

PLACES = ("/", "/requests", "/cache", "/workers", "/compare", "/advice", f"/requests/{quote(HOSTILE_ID)}?frame=2")


def test_a_wrong_password_is_told_so_and_shows_nothing(serve: Serve, look: Open, small: str) -> None:
    wrong = {"username": USERNAME, "password": "wrong", "send": "always"}
    page = look(http_credentials=wrong).new_page()
    response = page.goto(f"{serve(small)}/")
    assert response
    assert response.status == 401
    expect(page.get_by_role("heading", level=1)).to_have_text("A password, please")
    expect(page.get_by_text("That is not the profiler's username and password.")).to_be_visible()
    assert "/api/articles" not in page.content()
    keep(page, "wrong-password")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.matrix("place")
def test_a_name_is_shown_and_not_run(serve: Serve, visit: Visit, hostile: str, place: str) -> None:
    page = settled(visit(f"{serve(hostile)}{place}"))
    assert page.evaluate("window.ran") is None
    assert page.locator("img").count() == 0
    keep(page, f"hostile-{re.sub(r'[^a-z]', '', place.partition('?')[0]) or 'overview'}")


def test_nor_on_the_page_of_its_route(serve: Serve, visit: Visit, hostile: str) -> None:
    page = visit(f"{serve(hostile)}/")
    page.locator(".routes tbody th a").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("<script>ran = 1</script>")
    expect(page.locator(".statement").first).to_contain_text("<img src=x onerror=ran=1>")
    assert page.evaluate("window.ran") is None
    keep(page, "hostile-route")


def test_a_script_within_the_page_would_not_be_run(
    serve: Serve, visit: Visit, small: str, complaints: list[str]
) -> None:
    page = visit(f"{serve(small)}/")
    with page.expect_console_message():
        page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'ran = 1'}))")
    assert page.evaluate("window.ran") is None
    [complaint] = complaints
    assert "violates the following Content Security Policy directive 'script-src 'self''" in complaint
    complaints.clear()
