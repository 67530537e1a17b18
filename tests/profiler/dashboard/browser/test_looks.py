"""Every page as a browser shows it: light, dark and narrow, with much, little and nothing in it."""

import re

import pytest
from playwright.sync_api import Page, expect

from hotroute.profiler.dashboard.pages.overview import MOST
from tests.profiler.dashboard.browser.conftest import LOOKS, Serve, Visit, keep, settled

PAGES = {
    "overview": "/?span=24h",
    "route": "/route?route=/api/articles/feed&method=GET&span=24h",
    "requests": "/requests?span=24h",
    "cache": "/cache?span=24h",
    "workers": "/workers?span=24h",
    "compare": "/compare?before=2026.1&after=2026.2",
    "advice": "/advice?span=24h",
}
CHARTS = {"route": 2, "cache": 2, "workers": 1}


def fits(page: Page) -> bool:
    """Whether nothing but what scrolls by itself is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


@pytest.mark.parametrize("style", LOOKS)
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.matrix("style")
def test_a_page_is_shown_without_complaint(serve: Serve, visit: Visit, small: str, name: str, style: str) -> None:
    page = settled(visit(f"{serve(small)}{PAGES[name]}", style))
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator(".plot canvas")).to_have_count(CHARTS.get(name, 0))
    keep(page, f"{name}-{style}")
    assert fits(page)


@pytest.mark.parametrize("style", LOOKS)
def test_a_kept_request_is_shown_with_its_flames(serve: Serve, visit: Visit, small: str, style: str) -> None:
    page = visit(f"{serve(small)}/requests?span=24h&kind=slow", style)
    page.locator("tr", has_text="flame graph").first.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Waterfall")).to_be_visible()
    expect(page.locator(".flame .frame").first).to_be_visible()
    keep(settled(page), f"request-{style}")
    assert fits(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_which_there_is_nothing_says_what_to_do(serve: Serve, visit: Visit, empty: str, name: str) -> None:
    page = settled(visit(f"{serve(empty)}{PAGES[name]}"))
    keep(page, f"{name}-empty")
    if name not in {"compare", "advice"}:
        expect(page.locator(".empty")).to_contain_text(re.compile("span|seconds later"))
        expect(page.locator(".empty a").first).to_be_visible()


# Filling that storage takes its time where the machine is busy.
@pytest.mark.timeout(600)
@pytest.mark.parametrize("style", LOOKS)
@pytest.mark.matrix
def test_two_hundred_routes_of_thirty_days_can_be_read(serve: Serve, visit: Visit, large: str, style: str) -> None:
    page = settled(visit(f"{serve(large)}/?span=30d", style))
    expect(page.locator(".routes tbody tr")).to_have_count(MOST)
    keep(page, f"large-{style}", whole=False)
    assert fits(page)
    page.locator("#all").scroll_into_view_if_needed()
    expect(page.locator(".routes tbody tr")).to_have_count(200)
    if style != "narrow":
        # The columns' names stay in sight.
        expect(page.locator("#sort-p95")).to_be_in_viewport()


def test_dark_and_light_are_the_systems_choice_or_ones_own(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}/", "dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_role("button", name="Change between dark and light").click()
    light = page.evaluate(ground)
    assert light != dark
    page.get_by_role("link", name="Workers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Workers")
    assert page.evaluate(ground) == light
    page.reload()
    assert page.evaluate(ground) == light


def test_a_storage_that_cannot_be_read_has_a_page(serve: Serve, visit: Visit, complaints: list[str]) -> None:
    page = visit(f"{serve('sqlite:////nowhere/profiler.db')}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("The history cannot be read")
    keep(page, "unreadable")
    [complaint] = complaints
    assert "503" in complaint
    complaints.clear()


def test_without_scripts_the_pages_work_as_well(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}/?span=24h", java_script_enabled=False)
    page.locator("#q").fill("feed")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator(".routes tbody tr")).to_have_count(1)
    page.locator(".routes").get_by_role("link", name="/api/articles/feed").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("GET /api/articles/feed")
    page.get_by_text("The numbers").first.click()
    expect(page.locator("#series")).to_be_visible()


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.matrix("name")
def test_the_newest_step_of_a_chart_has_a_band_that_is_seen(serve: Serve, visit: Visit, small: str, name: str) -> None:
    """In the upper right corner, above the lines; a line of the grid may be there before it."""
    page = settled(visit(f"{serve(small)}{PAGES[name]}"))
    expect(page.locator(".plot canvas")).to_have_count(CHARTS[name])
    keep(page, f"{name}-newest")
    assert page.evaluate(BAND) == [True] * CHARTS[name]


BAND = """() => [...document.querySelectorAll(".plot canvas")].map((canvas) => {
  const over = canvas.parentElement.querySelector(".u-over");
  const ratio = canvas.width / canvas.clientWidth;
  const right = Math.floor((over.offsetLeft + over.offsetWidth) * ratio) - 2;
  const rows = [...Array(10).keys()].map((row) => (over.offsetTop + 1 + row) * ratio);
  const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const alpha = (x, y) => data[4 * (Math.floor(y) * width + Math.floor(x)) + 3];
  return rows.every((y) => alpha(right, y) > 40) && rows.some((y) => alpha(right - 40 * ratio, y) < 40);
})"""
