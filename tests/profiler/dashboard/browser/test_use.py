"""What people do with the pages, by mouse and by keyboard."""

import re

from playwright.sync_api import Page, expect

from tests.profiler.dashboard.browser.conftest import Serve, Visit

OVERVIEW = "/?span=24h"
ROUTE = "/route?route=/api/articles/feed&method=GET&span=24h"


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def rules(page: Page) -> list[str]:
    return page.locator(".routes tbody .rule").all_inner_texts()


def test_a_click_on_a_columns_name_sorts_by_it(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.locator("#sort-requests").click()
    expect(page.locator("th.c-requests")).to_have_attribute("aria-sort", "descending")
    assert rules(page)[:2] == ["/api/articles", "/api/articles/<slug>"]
    page.locator("#sort-requests").click()
    expect(page.locator("th.c-requests")).to_have_attribute("aria-sort", "ascending")
    assert rules(page)[-1] == "/api/articles"
    assert "sort=requests" in page.url


def test_what_is_typed_filters_the_list_and_stays_in_the_field(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.locator("#q").press_sequentially("post articles", delay=30)
    expect(page.locator(".routes tbody tr")).to_have_count(2)
    expect(page.locator("#q")).to_have_value("post articles")
    expect(page.locator("#ranked")).to_have_text("2 of 12 routes")
    assert focused(page) == "q"
    page.locator("#span-7d").click()
    expect(page.locator("#span-7d")).to_have_attribute("aria-current", "true")
    expect(page.locator("#q")).to_have_value("post articles")


def test_a_piece_of_advice_leads_to_all_of_it(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.get_by_role("link", name="these 21 statements are one query").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Advice")
    expect(page.get_by_role("heading", name="these 21 statements are one query")).to_be_visible()
    assert page.url.endswith("#advice-1")


def test_the_way_back_shows_what_was_before(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.locator(".routes").get_by_role("link", name="/api/articles/feed").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("GET /api/articles/feed")
    expect(page).to_have_title(re.compile("^GET /api/articles/feed"))
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Routes")
    expect(page.locator(".routes tbody tr")).to_have_count(12)


def test_the_browser_keeps_no_page(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.get_by_role("link", name="Workers").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Workers")
    kept = page.evaluate("JSON.stringify([sessionStorage, localStorage])")
    assert "<" not in kept


def test_a_release_is_chosen_from_the_list(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.get_by_label("Release").select_option("2026.1")
    page.wait_for_url(re.compile("release=2026.1"))
    expect(page.get_by_label("Release")).to_have_value("2026.1")


def test_a_custom_span_is_chosen_in_a_form(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.get_by_text("Custom").click()
    page.get_by_label("From, UTC").fill("2026-01-05T07:30")
    page.get_by_label("To, UTC").fill("2026-01-05T08:00")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#custom")).to_contain_text("5 Jan 07:30:00")
    expect(page.locator(".empty")).to_be_visible()


def test_a_stretch_of_a_chart_becomes_the_span(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{ROUTE}")
    chart = page.locator(".u-over").first
    box = chart.bounding_box()
    assert box
    page.mouse.move(box["x"] + 60, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 60, steps=5)
    page.mouse.up()
    page.wait_for_url(re.compile(r"from=2\d{3}-.*&to=2"))
    expect(page.get_by_role("heading", level=1)).to_have_text("GET /api/articles/feed")


def test_a_frame_is_zoomed_into_and_out_of(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}/requests?span=24h&kind=slow")
    page.locator("tr", has_text="flame graph").first.get_by_role("link").first.click()
    frames = page.locator(".flame a")
    expect(frames.first).to_be_visible()
    before = frames.count()
    frames.last.click()
    expect(page.get_by_role("link", name="show all")).to_be_visible()
    assert page.locator(".flame a").count() < before
    page.get_by_role("link", name="show all").click()
    expect(page.locator(".flame a")).to_have_count(before)


def test_the_first_key_leads_past_the_menu(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    expect(page.get_by_role("link", name="To the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert focused(page) == "content"


def test_everything_is_reached_and_used_by_keys(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.keyboard.press("/")
    assert focused(page) == "q"
    reached = [tab_to_next(page) for _ in range(14)]
    assert [name for name in reached if name.startswith("sort-")] == [
        f"sort-{name}" for name in ("route", "requests", "errors", "p50", "p95", "p99", "total", "queries", "hits")
    ]
    page.locator("#sort-p95").focus()
    page.keyboard.press("Enter")
    expect(page.locator("th.c-p95")).to_have_attribute("aria-sort", "descending")
    # Where one was is where one stays.
    assert focused(page) == "sort-p95"


def tab_to_next(page: Page) -> str:
    page.keyboard.press("Tab")
    return focused(page)


def test_what_has_the_focus_is_seen_to_have_it(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    for _ in range(12):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", focused(page)


def test_a_page_that_came_without_a_reload_is_told_to_who_cannot_see(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.locator("#to-cache").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Cache · Hotroute profiler")
    assert focused(page) == "to-cache"


def test_two_releases_are_compared_the_newest_with_the_one_before_it(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}/compare")
    page.locator("form", has_text="Two releases").get_by_role("button", name="Compare").click()
    expect(page.locator(".lead strong")).to_have_text(["2026.1", "2026.2"])
    row = page.locator(".compare tr", has_text="/api/articles/<slug>/favorite")
    expect(row.locator(".tag")).to_have_text("slower")


def test_on_a_phone_every_page_can_be_chosen_and_a_waterfall_read_without_scrolling_sideways(
    serve: Serve, visit: Visit, small: str
) -> None:
    page = visit(f"{serve(small)}/requests?span=24h&kind=slow", "narrow")
    tops = {link.bounding_box()["y"] for link in page.locator(".bar nav a").all()}  # type: ignore[index]
    assert len(tops) == 1
    expect(page.get_by_role("link", name="Advice")).to_be_in_viewport(ratio=1)
    page.locator("tr", has_text="flame graph").first.get_by_role("link").first.click()
    bar = page.locator(".waterfall .lane").first
    bar.scroll_into_view_if_needed()
    expect(bar).to_be_in_viewport(ratio=1)
    told = page.locator(".waterfall td.num").first.evaluate("each => getComputedStyle(each, '::before').content")
    assert "after" in told


def test_a_flame_is_used_by_keys_and_has_words(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}/requests?span=24h&kind=slow")
    page.locator("tr", has_text="flame graph").first.get_by_role("link").first.click()
    frame = page.locator(".flame a").nth(2)
    expect(frame).to_have_attribute("aria-label", re.compile(r".+, 100\s%"))
    frame.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="show all")).to_be_visible()


def test_what_is_open_closes_by_escape(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.locator("#custom").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("From, UTC")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_label("From, UTC")).to_be_hidden()
    assert focused(page) == "custom"


def test_landmarks_and_names_are_there_for_who_cannot_see(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{ROUTE}")
    for role, name in (("banner", None), ("main", None), ("contentinfo", None), ("navigation", "Pages")):
        expect(page.get_by_role(role, name=name)).to_have_count(1)  # type: ignore[arg-type]
    charts = page.locator(".plot")
    assert [chart.get_attribute("role") for chart in charts.all()] == ["img", "img"]
    assert all("table below" in (chart.get_attribute("aria-label") or "") for chart in charts.all())


def test_live_asks_again_when_it_is_switched_on(serve: Serve, visit: Visit, small: str) -> None:
    page = visit(f"{serve(small)}{OVERVIEW}")
    page.clock.install()
    page.reload()
    live = page.get_by_role("button", name="Live")
    expect(live).to_have_attribute("aria-pressed", "false")
    live.click()
    expect(live).to_have_attribute("aria-pressed", "true")
    with page.expect_response(lambda response: response.url.endswith(OVERVIEW)):
        page.clock.run_for(11_000)
    expect(live).to_have_attribute("aria-pressed", "true")
