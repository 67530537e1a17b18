"""What a cached view makes for one visitor, method or language only, and `cache_none` under the default key."""

import gzip
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

import pytest
import werkzeug
from flask import Flask, Response, after_this_request, flash, g, get_flashed_messages, request, session
from flask.testing import FlaskClient
from flask_caching import Cache

View = Callable[[], Any]


def serve(app: Flask, cache: Cache, view: View, **options: Any) -> FlaskClient:
    app.secret_key = "for the session"
    app.add_url_rule("/page", "page", cache.cached(timeout=60, **options)(view))
    # Each request is another visitor's.
    return app.test_client(use_cookies=False)


def numbered(view: Callable[[int], Any] = str) -> View:
    """Return a view that says how often it ran."""
    numbers = iter(range(1, 100))
    return lambda: view(next(numbers))


def with_token(number: int) -> str:
    session["csrf_token"] = f"token {number}"
    return str(session["csrf_token"])


def with_message(number: int) -> str:
    flash(f"hello {number}")
    return str(get_flashed_messages())


def with_late_cookie(number: int) -> str:
    @after_this_request
    def remember(response: Response) -> Response:
        response.set_cookie("visitor", str(number))
        return response

    return str(number)


@pytest.mark.parametrize("view", [with_token, with_message, with_late_cookie])
@pytest.mark.parametrize("options", [{}, {"query_string": True}, {"forced_update": lambda: False}])
def test_what_is_made_for_one_visitor_goes_to_no_other(
    app: Flask, cache: Cache, view: Callable[[int], Any], options: dict[str, Any]
) -> None:
    client = serve(app, cache, numbered(view), **options)
    answers = [client.get("/page") for _ in range(2)]
    assert answers[0].text != answers[1].text
    assert all("Set-Cookie" in answer.headers for answer in answers)


def test_a_token_that_a_hook_puts_into_the_session_goes_to_no_other(app: Flask, cache: Cache) -> None:
    app.before_request(lambda: session.setdefault("token", request.headers["X-Test"]) and None)
    client = serve(app, cache, lambda: str(session["token"]))
    assert [client.get("/page", headers={"X-Test": name}).text for name in "ab"] == ["a", "b"]


def prepare_session() -> None:
    session.permanent = True
    g.visitor = session.get("user")


def test_a_session_with_nothing_in_it_is_nobodys(app: Flask, cache: Cache) -> None:
    app.before_request(prepare_session)
    client = serve(app, cache, numbered())
    assert [client.get("/page").text for _ in range(2)] == ["1", "1"]


def test_functions_that_a_hook_registers_run_on_each_request(app: Flask, cache: Cache) -> None:
    app.before_request(lambda: after_this_request(lambda response: response) and None)
    client = serve(app, cache, numbered())
    assert [client.get("/page").text for _ in range(2)] == ["1", "1"]


@pytest.mark.parametrize("options", [{}, {"query_string": True}])
def test_the_answer_to_head_goes_to_no_get(app: Flask, cache: Cache, options: dict[str, Any]) -> None:
    client = serve(app, cache, lambda: "" if request.method == "HEAD" else "all of it", **options)
    assert client.head("/page").status_code == 200
    assert client.get("/page").text == "all of it"
    head = client.head("/page")
    assert (head.headers["Content-Length"], head.text) == ("9", "")


def language(name: str = "Vary") -> View:
    return lambda: Response(request.headers.get("Accept-Language", "none"), headers={name: "Accept-Language"})


def language_of_a_tuple() -> Any:
    return request.headers.get("Accept-Language", "none"), [("Vary", "Cookie, accept-language")]


@pytest.mark.parametrize("view", [language(), language_of_a_tuple])
def test_an_answer_that_varies_goes_to_those_who_sent_the_same(app: Flask, cache: Cache, view: View) -> None:
    runs: list[str] = []
    client = serve(app, cache, lambda: runs.append("run") or view())  # type: ignore[func-returns-value]
    for given in ("de", "en", "en", "de"):
        assert client.get("/page", headers={"Accept-Language": given}).text == given
    assert client.get("/page").text == "none"
    assert len(runs) == 4


@pytest.mark.parametrize("headers", [{}, {"Vary": "Accept-Encoding"}])
def test_an_answer_in_a_coding_goes_to_those_who_take_it(app: Flask, cache: Cache, headers: dict[str, str]) -> None:
    def view() -> Any:
        if request.headers.get("Accept-Encoding") != "gzip":
            return "plain"
        return Response(gzip.compress(b"plain"), headers={"Content-Encoding": "gzip", **headers})

    client = serve(app, cache, view)
    assert client.get("/page", headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"] == "gzip"
    assert client.get("/page").text == "plain"


NEVER: dict[str, Callable[[str], Any]] = {
    **{
        f"Vary: {vary}": partial(Response, headers={"Vary": vary})
        for vary in ("Cookie, *", "*, Foo", "*, *", ", *", "*,")
    },
    "two fields Vary": lambda text: Response(text, headers=[("Vary", "Foo"), ("Vary", "*")]),
    "a list of fields": lambda text: (text, [("Set-Cookie", "a=1")]),
    "fields as a tuple": lambda text: (text, (("Cache-Control", "no-store"),)),
    "a status in words": lambda text: (text, "503 Away"),
    "a status of an enum": lambda text: (text, HTTPStatus.SERVICE_UNAVAILABLE),
    "a part": lambda text: Response(text, 206, {"Content-Range": "bytes 0-0/9"}),
    "a part of a tuple": lambda text: (text, 206),
    "412": lambda text: (text, 412),
    "416": lambda text: (text, 416),
    "a response of Werkzeug": lambda text: werkzeug.Response(text, 500),
}


@pytest.mark.parametrize("options", [{}, {"key_prefix": "chosen"}])
@pytest.mark.parametrize("case", NEVER)
def test_never_stored(
    app: Flask, cache: Cache, case: str, options: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    client = serve(app, cache, numbered(lambda number: NEVER[case](str(number))), **options)
    assert [client.get("/page").text for _ in range(2)] == ["1", "2"]
    assert "cache backend" not in caplog.text, "it is not even tried"


def test_a_304_goes_to_nobody_else(app: Flask, cache: Cache) -> None:
    def view() -> Any:
        response = Response("all of it")
        response.set_etag("v1")
        return response.make_conditional(request)

    client = serve(app, cache, view)
    assert client.get("/page", headers={"If-None-Match": '"v1"'}).status_code == 304
    assert client.get("/page").text == "all of it"


def test_a_response_of_werkzeug_is_stored_too(app: Flask, cache: Cache) -> None:
    client = serve(app, cache, numbered(lambda number: werkzeug.Response(str(number), 201, {"X-A": "b"})))
    answers = [client.get("/page") for _ in range(2)]
    assert [(answer.text, answer.status_code, answer.headers["X-A"]) for answer in answers] == [("1", 201, "b")] * 2


@pytest.mark.parametrize("options", [{}, {"query_string": True}])
def test_parameters_of_one_name_have_an_order(app: Flask, cache: Cache, options: dict[str, Any]) -> None:
    client = serve(app, cache, lambda: ",".join(request.args.getlist("a")), **options)
    for query, text in (("a=1&a=2", "1,2"), ("a=2&a=1", "2,1"), ("a=1&a=2", "1,2"), ("a=1&b=3&a=2", "1,2")):
        assert client.get(f"/page?{query}").text == text


def test_bytes_that_are_no_text_are_told_apart(app: Flask, cache: Cache) -> None:
    client = serve(app, cache, lambda: str(request.query_string))
    assert client.get("/page?a=%ff").text != client.get("/page?a=%fe").text


def test_none_is_kept_under_the_default_key(app: Flask, cache: Cache) -> None:
    runs: list[str] = []

    @cache.cached(cache_none=True)
    def find() -> None:
        runs.append("run")

    for query, count in (("", 1), ("", 1), ("?a=1", 2), ("?a=1", 2), ("", 3)):
        with app.test_request_context(f"/page{query}"):
            assert find() is None
            assert len(runs) == count
    with app.test_request_context("/page", headers={"Cookie": "a=1"}):
        assert find() is None
        assert len(runs) == 4


def test_none_is_kept_by_memoize(cache: Cache) -> None:
    runs: list[int] = []

    @cache.memoize(60, cache_none=True)
    def find(number: int) -> None:
        runs.append(number)

    assert [find(1), find(1), find(2)] == [None] * 3
    assert runs == [1, 2]


WRITES: dict[str, Callable[[Cache, str], Any]] = {
    "set": lambda cache, text: cache.set("view//page", text),
    "set_many": lambda cache, text: cache.set_many({"view//page": text}),
    "add": lambda cache, text: cache.add("view//page", text),
}
READS: dict[str, Callable[[Cache], Any]] = {
    "get": lambda cache: cache.get("view//page"),
    "get_many": lambda cache: cache.get_many("view//page")[0],
    "get_dict": lambda cache: cache.get_dict("view//page")["view//page"],
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("read", READS)
def test_each_call_keeps_the_requests_of_a_page_apart(app: Flask, cache: Cache, write: str, read: str) -> None:
    with app.test_request_context("/page", headers={"Authorization": "Token x"}):
        assert not WRITES[write](cache, "secret")
    with app.test_request_context("/page?a=1"):
        assert WRITES[write](cache, "text")
        assert (READS[read](cache), cache.has("view//page")) == ("text", True)
    others: list[dict[str, Any]] = [
        {"headers": {"Authorization": "Token x"}},
        {"method": "POST"},
        {"query_string": "a=2"},
    ]
    for other in others:
        with app.test_request_context("/page", **{"query_string": "a=1", **other}):
            assert (READS[read](cache), cache.has("view//page")) == (None, False)
    with app.test_request_context("/elsewhere"):
        assert READS[read](cache) == "text", "under another page's key it is a value like others"
