"""What an entity tag stands for, and what a 304 says (RFC 9110, sections 8.8.3 and 15.4.5)."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Response, request

from tests.cache.http.site import TEXT, Answer, Site

pytestmark = pytest.mark.unit

FIELDS = {
    "a field that the route names": ("X-Total-Count", "3", "4"),
    "Link": ("Link", "</2>; rel=next", "</3>; rel=next"),
    "a policy": ("Content-Security-Policy", "default-src 'none'", "default-src 'self'"),
    "the language": ("Content-Language", "de", "en"),
    "the type": ("Content-Type", "text/plain", "text/html"),
    "a name for the file": ("Content-Disposition", "attachment; filename=a", "attachment; filename=b"),
    "where it is found": ("Content-Location", "/a", "/b"),
    "when it ends": ("Sunset", "Wed, 01 Jan 2031 00:00:00 GMT", "Thu, 01 Jan 2032 00:00:00 GMT"),
}


def ask_again(site: Site, answer: Answer, **headers: str) -> Answer:
    return site.get(headers={"If-None-Match": answer.headers["ETag"], **headers})


def changing(answers: list[Any], **options: Any) -> Site:
    """Return a site whose page gives the next of the answers each time that it is made anew."""
    return Site().page(lambda: answers.pop(0), **options)


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("name", FIELDS)
def test_a_304_confirms_no_answer_whose_stored_fields_have_changed(name: str, inside: bool) -> None:
    field, before, after = FIELDS[name]
    site = changing([(TEXT, {field: before}), (TEXT, {field: after})], store_headers=("X-Total-Count",))
    if inside:
        site.app.before_request(lambda: None)
    first = site.start().twice()
    assert ask_again(site, first).status == 304
    site.store.done(["path:/page"], "writer")
    again = ask_again(site, first)
    assert (again.status, again.headers[field], again.body) == (200, after, TEXT.encode())
    assert again.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize("before", [{"Link": "</2>"}, {}])
def test_a_304_confirms_no_answer_that_has_gained_or_lost_a_field(before: dict[str, str]) -> None:
    after = {} if before else {"Link": "</2>"}
    site = changing([(TEXT, before), (TEXT, after)]).start()
    first = site.get()
    site.store.done(["path:/page"], "writer")
    assert ask_again(site, first).status == 200


@pytest.mark.parametrize("inside", [False, True])
def test_a_404_with_the_same_content_is_another_answer(inside: bool) -> None:
    site = changing([(TEXT, 404), (TEXT, 200)], cache_statuses=(200, 404))
    if inside:
        site.app.before_request(lambda: None)
    missing = site.start().twice()
    assert (ask_again(site, missing).status, missing.hit) == (404, True)
    site.store.done(["path:/page"], "writer")
    assert ask_again(site, missing).status == 200


def test_the_order_of_fields_makes_no_other_answer() -> None:
    pairs = [("Link", "</2>"), ("Content-Language", "de")]
    tags = {
        Site().page(lambda given=given: (TEXT, given)).start().get().headers["ETag"] for given in (pairs, pairs[::-1])
    }
    assert len(tags) == 1


def hooked(change: Callable[[Response], Any], view: Callable[[], Any] = lambda: TEXT, **options: Any) -> Site:
    site = Site().page(view, **options)

    @site.app.after_request
    def after(response: Response) -> Response:
        change(response)
        return response

    return site.start()


def test_a_stored_field_that_a_hook_changes_changes_the_tag() -> None:
    policies = ["default-src 'none'", "default-src 'none'", "default-src 'self'", "default-src 'self'"]
    site = hooked(
        lambda response: response.headers.set("Content-Security-Policy", policies.pop(0)),
        lambda: (TEXT, {"Content-Security-Policy": "default-src *"}),
    )
    first = site.get()
    assert (ask_again(site, first).status, len(site.runs)) == (304, 1)
    again = ask_again(site, first)
    assert (again.status, again.headers["Content-Security-Policy"]) == (200, "default-src 'self'")
    assert ask_again(site, again).status == 304


def test_a_304_says_what_a_hook_adds_to_this_answer() -> None:
    counts = iter("12")
    site = hooked(lambda response: response.headers.set("Content-Language", next(counts)))
    first = site.get()
    again = ask_again(site, first)
    assert (again.status, first.headers["Content-Language"], again.headers["Content-Language"]) == (304, "1", "2")


def test_a_304_confirms_no_answer_that_has_lost_a_hooks_field() -> None:
    banners = ["on", "off"]
    site = hooked(lambda response: response.headers.set("X-Banner", "on") if banners.pop() == "on" else None)
    first = site.get()
    assert "X-Banner" not in first.headers
    assert (ask_again(site, first).status, len(site.runs)) == (200, 1)


def test_what_a_hook_says_of_one_answer_reaches_it_on_a_hit() -> None:
    said = {"X-Request-Id": "7", "Server-Timing": "db;dur=1", "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}
    site = hooked(lambda response: response.headers.update(said))
    first, second = site.get(), site.get()
    assert second.hit
    for answer in (first, second):
        assert {name: answer.headers.getlist(name) for name in said} == {name: [value] for name, value in said.items()}
    assert first.headers["ETag"] == second.headers["ETag"]


def without_type() -> Response:
    response = Response(TEXT)
    del response.headers["Content-Type"]
    return response


@pytest.mark.parametrize("inside", [False, True])
def test_an_answer_without_a_type_is_given_none_by_a_hit(inside: bool) -> None:
    site = Site().page(without_type)
    if inside:
        site.app.before_request(lambda: None)
    answer = site.start().twice()
    assert (answer.hit, "Content-Type" in answer.headers) == (True, False)


CONTROLS = {
    "no-store": ({"Cache-Control": "no-store"}, "no-store"),
    "no-store among others": ({"Cache-Control": "private, No-Store"}, "private, No-Store"),
    "private": ({"Cache-Control": "private, max-age=9"}, "private, no-cache"),
    "a cookie": ({"Set-Cookie": "a=1"}, "private, no-cache"),
    "a cookie and more": ({"Set-Cookie": "a=1", "Cache-Control": "public, max-age=9"}, "private, no-cache"),
    "what would allow more": ({"Cache-Control": "public, max-age=9"}, "no-cache"),
    "nothing": ({}, "no-cache"),
}


@pytest.mark.parametrize("case", CONTROLS)
@pytest.mark.parametrize("condition", [None, "*"])
def test_what_a_hook_forbids_is_forbidden_on_a_hit_too(case: str, condition: str | None) -> None:
    fields, control = CONTROLS[case]
    first = [True]

    def change(response: Response) -> None:
        if not first:
            response.headers.update(fields)
        first.clear()

    site = hooked(change, share="everyone")
    assert site.get().stored
    answer = site.get(headers={"If-None-Match": condition} if condition else {})
    assert (answer.status, answer.hit) == (304 if condition else 200, True)
    assert answer.headers.getlist("Cache-Control") == [control]
    assert answer.headers.get("Set-Cookie") == fields.get("Set-Cookie")


def test_what_decorates_an_answer_may_forbid_too() -> None:
    site = Site().page(share="everyone").start(per_response_headers=lambda _: [("Cache-Control", "no-store")])
    assert site.twice().headers.getlist("Cache-Control") == ["no-store"]


@pytest.mark.parametrize("caller", ["everyone", "anonymous"])
def test_an_answer_with_a_cookie_that_is_not_stored_is_for_one_only(caller: str) -> None:
    site = Site().page(lambda: (TEXT, {"Set-Cookie": "a=1"}), share=caller).start()
    assert site.get().headers["Cache-Control"] == "private, no-cache"


def coding() -> str:
    return str(request.headers.get("Accept-Encoding"))


def test_a_view_after_hooks_that_looks_at_the_encoding_has_each_its_own() -> None:
    site = Site().page(coding)
    site.app.before_request(lambda: None)
    site.start()
    for _ in range(2):
        for given in ("br", "gzip"):
            answer = site.get(headers={"Accept-Encoding": given})
            assert (answer.body, answer.detail) == (given.encode(), "UNKEYED-ACCEPT-ENCODING")


def test_a_hook_that_looks_at_the_encoding_keeps_answers_apart() -> None:
    seen: list[str] = []
    site = Site().page(lambda: seen[-1])
    site.app.before_request(lambda: seen.append(coding()))
    site.start()
    for given in ("br", "gzip", "br"):
        answer = site.get(headers={"Accept-Encoding": given})
        assert (answer.body, answer.detail) == (given.encode(), "UNKEYED-ACCEPT-ENCODING")


def test_a_route_may_vary_on_the_encoding_by_itself() -> None:
    site = Site().page(coding, vary=("Accept-Encoding",))
    site.app.before_request(lambda: None)
    site.start()
    for given in ("br", "gzip"):
        answer = site.twice(headers={"Accept-Encoding": given})
        assert (answer.body, answer.hit) == (given.encode(), True)


def test_a_hook_that_compresses_may_look_at_the_encoding() -> None:
    def compress(response: Response) -> None:
        if request.headers.get("Accept-Encoding") == "br":
            response.headers["Content-Encoding"] = "br"
            response.set_data(b"compressed")
        response.vary.add("Accept-Encoding")

    site = hooked(compress)
    for given, body in (("br", b"compressed"), ("gzip", TEXT.encode())):
        answer = site.twice(headers={"Accept-Encoding": given})
        assert (answer.body, answer.hit) == (body, True)
    assert len(site.runs) == 1


@pytest.mark.parametrize("vary", ["Cookie, *", "*, Foo", "*, *", ", *", "*,"])
@pytest.mark.parametrize("inside", [False, True])
def test_an_answer_that_varies_on_everything_among_others_is_not_stored(vary: str, inside: bool) -> None:
    site = Site().page(lambda: (TEXT, {"Vary": vary}), share="per-caller", vary=("Foo",))
    if inside:
        site.app.before_request(lambda: None)
    answer = site.start(identify_caller=lambda environ: environ.get("HTTP_COOKIE")).twice()
    assert (answer.detail, answer.headers["Vary"]) == ("VARY", "*")
