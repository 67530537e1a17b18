"""Flask's hooks, signals and sessions on hot routes: what is not declared skippable runs on each hit."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, abort, after_this_request, g, request_finished, request_started
from werkzeug.test import create_environ

from hotroute import cache
from hotroute.cache import MemoryStore, hot
from tests.cache.http.site import TEXT, Site

pytestmark = pytest.mark.unit


@pytest.fixture
def calls() -> list[str]:
    return []


def hooked(calls: list[str], **application: Any) -> Site:
    site = Site().page(lambda: calls.append("view") or TEXT)  # type: ignore[func-returns-value]
    site.app.before_request(lambda: calls.append("before"))

    @site.app.after_request
    def after(response: Response) -> Response:
        calls.append("after")
        response.headers["X-After"] = str(len(calls))
        return response

    site.app.teardown_request(lambda _: calls.append("teardown"))
    return site.start(**application)


def test_a_hit_runs_the_hooks_and_not_the_view(calls: list[str]) -> None:
    site = hooked(calls)
    first = site.get()
    assert (first.stored, calls) == (True, ["before", "view", "after", "teardown"])
    calls.clear()
    second = site.get()
    assert (second.hit, second.detail, calls) == (True, "INSIDE", ["before", "after", "teardown"])
    assert (second.body, second.headers["X-After"], first.headers["X-After"]) == (TEXT.encode(), "2", "3")


def test_hooks_that_are_declared_skippable_are_skipped(calls: list[str]) -> None:
    names = (
        "tests.cache.http.test_hooks.hooked.<locals>.<lambda>",
        "tests.cache.http.test_hooks.hooked.<locals>.after",
    )
    site = hooked(calls, hooks_skipped_on_hit=names)
    assert site.get().detail == "HEADER-X-AFTER"
    site = Site().page()
    site.app.before_request(skip := lambda: calls.append("before"))
    calls.clear()
    assert site.start(hooks_skipped_on_hit=(skip,)).twice().hit
    assert calls == ["before"]


def test_one_hook_that_is_not_skippable_is_enough(calls: list[str]) -> None:
    site = hooked(calls, hooks_skipped_on_hit=("tests.cache.http.test_hooks.hooked.<locals>.after",))
    assert site.twice().detail == "INSIDE"


def test_a_hook_that_answers_itself_is_asked_on_each_request() -> None:
    site = Site().page()
    barred = [True]

    @site.app.before_request
    def guard() -> None:
        if barred[0]:
            abort(403)

    site.start()
    assert (site.get().status, site.get().detail) == (403, "STATUS")
    barred[0] = False
    assert site.get().stored
    barred[0] = True
    refused = site.get()
    assert (refused.status, refused.detail, refused.hit) == (403, "HOOK-ANSWERED", False)
    barred[0] = False
    assert site.get().hit


def test_a_hook_that_answers_200_is_not_stored() -> None:
    site = Site().page()
    closed = [True]
    site.app.before_request(lambda: "closed" if closed[0] else None)
    site.start()
    assert site.get().detail == "HOOK-ANSWERED"
    closed[0] = False
    assert (site.get().body, site.get().hit) == (TEXT.encode(), True)


def test_only_the_hooks_of_the_routes_own_blueprints_count(calls: list[str]) -> None:
    app = Flask("nested")
    outer, inner, other = (Blueprint(name, name) for name in ("outer", "inner", "other"))
    for blueprint in (outer, inner, other):
        blueprint.add_url_rule("/page", "page", hot(tags=())(lambda: TEXT))
    outer.before_request(lambda: calls.append("outer"))
    outer.register_blueprint(inner, url_prefix="/inner")
    app.register_blueprint(outer, url_prefix="/outer")
    app.register_blueprint(other, url_prefix="/other")
    cache.init_app(app, MemoryStore(), cache.CacheOptions((), ()))
    site = Site(app)
    assert [site.twice(path).detail for path in ("/outer/page", "/outer/inner/page", "/other/page")] == [
        "INSIDE",
        "INSIDE",
        "",
    ]
    assert len(calls) == 4


def test_url_value_preprocessors_and_trusted_hosts_count_as_hooks() -> None:
    site = Site().page()
    site.app.url_value_preprocessor(lambda _endpoint, _values: None)
    assert site.start().twice().detail == "INSIDE"
    site = Site().page()
    site.app.config["TRUSTED_HOSTS"] = ["good.example"]
    site.start()
    assert site.twice(base_url="http://good.example").detail == "INSIDE"
    assert site.get(base_url="http://bad.example").status == 400


def test_a_cookie_that_a_hook_sets_is_never_stored() -> None:
    site = Site().page()

    @site.app.after_request
    def count(response: Response) -> Response:
        response.set_cookie("visitor", "1")
        return response

    site.start()
    assert site.twice().detail == "SET-COOKIE"


def test_hooks_see_the_plain_body_and_may_change_it() -> None:
    site = Site().page()
    seen: list[bytes] = []

    @site.app.after_request
    def sign(response: Response) -> Response:
        seen.append(response.get_data())
        response.set_data(f"{len(seen)} {TEXT}")
        return response

    site.start()
    answers = [site.get(headers={"Accept-Encoding": "br"}) for _ in range(3)]
    assert [answer.body for answer in answers] == [f"{number} {TEXT}".encode() for number in (1, 2, 3)]
    assert answers[2].hit
    assert seen == [TEXT.encode()] * 3
    assert "ETag" not in answers[2].headers


def test_an_unchanged_answer_has_its_tag_its_304_and_its_head_after_hooks_too(calls: list[str]) -> None:
    site = hooked(calls)
    whole = site.twice()
    short = site.get(headers={"If-None-Match": whole.headers["ETag"]})
    assert (short.status, short.body, short.headers["ETag"]) == (304, b"", whole.headers["ETag"])
    assert "Content-Length" not in short.headers
    head = site.get(method="HEAD")
    assert (head.hit, head.body, head.headers["Content-Length"]) == (True, b"", str(len(TEXT)))
    assert calls.count("view") == 1


def test_what_a_view_adds_for_its_own_request_only_is_not_stored(calls: list[str]) -> None:
    def view() -> str:
        after_this_request(lambda response: response)
        return TEXT

    site = Site().page(view)
    site.app.before_request(lambda: calls.append("before"))
    site.start()
    assert site.twice().detail == "AFTER-THIS-REQUEST"


def test_signals_are_sent_on_hits_within_flask(calls: list[str]) -> None:
    site = hooked(calls)
    site.get()
    calls.clear()

    def started(_: Any, **__: Any) -> None:
        calls.append("started")

    def finished(_: Any, **__: Any) -> None:
        calls.append("finished")

    with request_started.connected_to(started, site.app), request_finished.connected_to(finished, site.app):
        assert site.get().hit
    assert calls == ["started", "before", "after", "finished", "teardown"]


def test_a_stream_after_hooks_is_passed_through(calls: list[str]) -> None:
    site = Site().page(lambda: (part for part in (b"a", b"b")))
    site.app.before_request(lambda: setattr(g, "began", True))
    site.start()
    assert (site.twice().detail, site.get().body) == ("STREAMED", b"ab")


def test_a_stream_after_hooks_is_not_read_ahead() -> None:
    pulled: list[int] = []

    def stream() -> Iterator[str]:
        for number in range(3):
            pulled.append(number)
            yield str(number)

    site = Site().page(stream)
    site.app.before_request(lambda: setattr(g, "began", True))
    site.start()
    parts = site.app.wsgi_app(create_environ("/page"), lambda *_: lambda _: None)
    assert pulled == []
    assert b"".join(parts) == b"012"
    parts.close()  # type: ignore[attr-defined]
