"""What is stored, and what is not (RFC 9111, section 3)."""

import io
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Response, abort, after_this_request, redirect, send_file, session

from hotroute.cache import hot
from tests.cache.http.site import TEXT, Site

pytestmark = pytest.mark.unit

View = Callable[[], Any]


def with_headers(**headers: str) -> View:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda: (TEXT, 200, named)


def with_two(name: str, first: str, second: str) -> View:
    def view() -> Response:
        response = Response(TEXT)
        response.headers.add(name, first)
        response.headers.add(name, second)
        return response

    return view


def fail() -> Any:
    raise RuntimeError("no")


def stream() -> Any:
    return (part for part in (b"a", b"b"))


def short() -> Response:
    return Response([b"half"], headers={"Content-Length": "8"})


def long() -> Response:
    return Response([b"half", b"half", b"more"], headers={"Content-Length": "8"})


def use_session() -> str:
    return str(session.get("name"))


def register_more() -> str:
    @after_this_request
    def more(response: Response) -> Response:
        response.set_cookie("seen", "1")
        return response

    return TEXT


REFUSED: dict[str, tuple[View, str]] = {
    "a cookie": (with_headers(Set_Cookie="a=1"), "SET-COOKIE"),
    "a cookie by a late hook": (register_more, "SET-COOKIE"),
    "no-store": (with_headers(Cache_Control="no-store"), "NO-STORE"),
    "no-store in another case": (with_headers(Cache_Control="max-age=60, No-Store"), "NO-STORE"),
    "no-store in the first of two": (with_two("Cache-Control", "no-store", "max-age=60"), "NO-STORE"),
    "private": (with_headers(Cache_Control="PRIVATE"), "PRIVATE"),
    "private for a field": (with_headers(Cache_Control='private="x-name"'), "PRIVATE"),
    "Vary: *": (with_headers(Vary="*"), "VARY"),
    "an undeclared Vary": (with_headers(Vary="Accept-Encoding, Accept-Language"), "VARY"),
    "an undeclared Vary in the second of two": (with_two("Vary", "Accept-Encoding", "Accept"), "VARY"),
    "a session": (use_session, "VARY"),
    "Origin, which nobody answers for hits": (with_headers(Vary="Origin"), "VARY"),
    "a 500": (fail, "STATUS"),
    "a 503": (lambda: abort(503), "STATUS"),
    "a 404 that nobody asked for": (lambda: abort(404), "STATUS"),
    "a 206": (lambda: (TEXT, 206), "STATUS"),
    "a redirection that nobody asked for": (lambda: redirect("/"), "STATUS"),
    "a stream": (stream, "STREAMED"),
    "more than 1 MiB": (lambda: b"x" * (1024 * 1024 + 1), "LARGE"),
    "a coding of its own": (with_headers(Content_Encoding="gzip"), "ENCODED"),
    "a header that nobody knows": (with_headers(X_Total_Count="3"), "HEADER-X-TOTAL-COUNT"),
    "less than it says": (short, "INCOMPLETE"),
    "more than it says": (long, "INCOMPLETE"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_http_or_the_route_forbids_is_not_stored(case: str) -> None:
    view, detail = REFUSED[case]
    site = Site().page(view)
    site.app.secret_key = "for the session"
    site.start()
    first, second = site.get(), site.get()
    assert [first.detail, second.detail] == [detail, detail]
    assert len(site.runs) == 2


STORED: dict[str, View] = {
    "a text": lambda: TEXT,
    "nothing": lambda: "",
    "JSON": lambda: {"a": 1},
    "max-age": with_headers(Cache_Control="public, max-age=60"),
    "no-cache, for each hit is validated": with_headers(Cache_Control="no-cache"),
    "Vary on the encoding": with_headers(Vary="accept-encoding"),
    "exactly 1 MiB": lambda: b"x" * (1024 * 1024),
    "a small file": lambda: send_file(io.BytesIO(b"file"), "text/plain"),
}


@pytest.mark.parametrize("case", STORED)
def test_other_answers_are_stored_and_served_as_they_were(case: str) -> None:
    site = Site().page(STORED[case]).start()
    first, second = site.get(), site.get()
    assert (first.stored, second.hit) == (True, True)
    assert (first.status, first.body, first.headers["Content-Type"]) == (
        second.status,
        second.body,
        second.headers["Content-Type"],
    )
    assert len(site.runs) == 1


def test_a_header_of_the_views_own_is_stored_where_the_route_names_it() -> None:
    site = Site().page(with_headers(X_Total_Count="3"), store_headers=("X-Total-Count",)).start()
    assert site.twice().headers["X-Total-Count"] == "3"
    assert len(site.runs) == 1


def test_links_and_policies_are_stored() -> None:
    kept = {"Link": "</next>; rel=next", "Content-Security-Policy": "default-src 'none'", "Content-Language": "de"}
    site = Site().page(lambda: (TEXT, kept)).start()
    answer = site.twice()
    assert answer.hit
    assert {name: answer.headers[name] for name in kept} == kept


def test_statuses_are_stored_where_the_route_says_so_each_for_its_time() -> None:
    with time_machine.travel(1_000_000, tick=False):
        site = Site().page(lambda: abort(404), cache_statuses={200: 60.0, 404: 5.0}).start()
        answer = site.twice()
    assert (answer.status, answer.cache) == (404, "Hotroute; hit; ttl=5")


@pytest.mark.parametrize("hook", [False, True])
@pytest.mark.parametrize(
    ("view", "status"), [(lambda: ("", 204), 204), (lambda: abort(404), 404), (lambda: ("no", 404), 404)]
)
def test_no_content_and_what_was_aborted_are_stored_where_the_route_says_so(
    view: View, status: int, hook: bool
) -> None:
    site = Site().page(view, cache_statuses=(200, 204, 404))
    if hook:
        site.app.before_request(lambda: None)
    first, second = site.start().get(), site.get()
    assert (first.stored, second.hit, second.status, second.body) == (True, True, status, first.body)
    # RFC 9110, section 8.6.
    assert ("Content-Length" in second.headers) == (status != 204)
    assert len(site.runs) == 1


@pytest.mark.parametrize("case", ["less than it says", "more than it says", "a stream"])
def test_an_answer_that_is_not_whole_is_not_stored_after_hooks_either(case: str) -> None:
    view, detail = REFUSED[case]
    site = Site().page(view)
    site.app.before_request(lambda: None)
    assert site.start().twice().detail == detail


def test_a_view_whose_reads_nobody_sees_is_not_stored_unless_it_declares_what_it_depends_on() -> None:
    site = Site().page(tags=None).page(rule="/declared", tags=()).start()
    assert (site.twice().detail, site.twice("/declared").hit) == ("NO-TABLES", True)


def test_an_error_that_is_made_into_a_200_is_not_stored() -> None:
    site = Site().page(fail)
    site.app.register_error_handler(RuntimeError, lambda _: ("all is well", 200))
    site.start()
    assert site.twice().detail == "RAISED"


def test_a_view_that_asks_another_hot_route_is_not_stored() -> None:
    site = Site().page().page(lambda: site.get("/page").body, "/outer").start()
    assert [site.twice("/outer").detail, site.get("/page").hit] == ["NESTED-HOT-ROUTE", True]


@pytest.mark.parametrize(
    "options",
    [
        {"ttl": 0},
        {"ttl": float("nan")},
        {"ttl": float("inf")},
        {"cache_statuses": {404: float("inf")}},
        {"share": "Each"},
        {"share": None},
        {"unknown_params": "Bypass"},
        {"tags": "articles"},
        {"tags": (1,)},
        {"query": "page"},
        {"vary": "Accept-Language"},
        {"store_headers": "X-Total-Count"},
        {"cache_statuses": (500,)},
        {"cache_statuses": (206,)},
        {"cache_statuses": (304,)},
        {"cache_statuses": {404: 0}},
        {"vary": ("*",)},
        {"tags": ("a\nb",)},
        {"tags": ("{}",)},
        {"tags": ("{0}",)},
        {"tags": ("{slug.__class__}",)},
        {"tags": ("{slug!r}",)},
        {"tags": ("{slug:>9}",)},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"ttl|whole answers|varies on everything|is not a tag|is one of|is a tuple"):
        hot(**options)
