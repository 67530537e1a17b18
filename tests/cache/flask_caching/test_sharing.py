"""What Flask-Caching shares or keeps by default, and this backend does not."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, abort, jsonify, make_response, request
from flask_caching import Cache

Answer = Callable[[], Any]


@pytest.fixture
def calls() -> list[str]:
    return []


def serve(app: Flask, cache: Cache, calls: list[str], answer: Answer, **options: Any) -> Any:
    methods = ["GET", "POST"]

    def page() -> Any:
        calls.append(request.method)
        return answer()

    app.add_url_rule("/page", view_func=cache.cached(timeout=60, **options)(page), methods=methods)
    # A cookie that came back would be credentials.
    return app.test_client(use_cookies=False)


def raises(status: int) -> Answer:
    return lambda: abort(status)


def answers(text: str = "text", status: int = 200, **headers: str) -> Answer:
    return lambda: Response(text, status, {name.replace("_", "-"): value for name, value in headers.items()})


def with_cookie() -> Response:
    response = make_response("text")
    response.set_cookie("session", "secret")
    return response


NEVER: dict[str, Answer] = {
    "aborted 404": raises(404),
    "aborted 500": raises(500),
    "aborted 401": raises(401),
    "500": answers(status=500),
    "503 of a tuple": lambda: ("away", 503),
    "500 of a tuple with fields": lambda: ("away", 500, {"X-A": "b"}),
    "a cookie": with_cookie,
    "a cookie of a tuple": lambda: ("text", {"Set-Cookie": "a=b"}),
    "a cookie within a tuple": lambda: (with_cookie(), 200),
    "no-store": answers(Cache_Control="No-Store"),
    "private": answers(Cache_Control="max-age=60, private"),
    "no-store of a tuple": lambda: ("text", 200, {"Cache-Control": "no-store"}),
    "Vary: *": answers(Vary="*"),
    "a stream": lambda: Response(part for part in ["a", "b"]),
}


@pytest.mark.parametrize("name", NEVER)
def test_never_stored(app: Flask, cache: Cache, calls: list[str], name: str, caplog: pytest.LogCaptureFixture) -> None:
    client = serve(app, cache, calls, NEVER[name])
    statuses = {client.get("/page").status_code for _ in range(3)}
    assert len(statuses) == 1
    assert len(calls) == 3
    assert "cache backend" not in caplog.text, "it is not even tried"


STORED: dict[str, Answer] = {
    "text": lambda: "text",
    "a dict": lambda: {"a": 1},
    "a list": lambda: [1],
    "jsonify": lambda: jsonify(a=1),
    "404 that was returned": answers(status=404),
    "a tuple": lambda: ("text", 201, {"X-A": "b"}),
    "no-cache": answers(Cache_Control="no-cache"),
    "a redirect": lambda: Response("", 302, {"Location": "/other"}),
}


@pytest.mark.parametrize("name", STORED)
def test_stored_and_answered_alike(app: Flask, cache: Cache, calls: list[str], name: str) -> None:
    client = serve(app, cache, calls, STORED[name])
    first, second = client.get("/page"), client.get("/page")
    assert len(calls) == 1
    assert (first.status, first.data, first.headers) == (second.status, second.data, second.headers)


def test_another_query_is_another_answer(app: Flask, cache: Cache, calls: list[str]) -> None:
    client = serve(app, cache, calls, lambda: str(request.query_string, "ascii"))
    for query in ("", "page=1", "page=2", "page=1&page=2", ""):
        assert client.get(f"/page?{query}").text == query
    assert client.get("/page?").text == ""


def test_another_host_is_another_answer(app: Flask, cache: Cache, calls: list[str]) -> None:
    client = serve(app, cache, calls, lambda: request.host)
    for host in ("a.example", "b.example", "a.example:8000"):
        assert client.get("/page", headers={"Host": host}).text == host


def test_other_methods_pass_by(app: Flask, cache: Cache, calls: list[str]) -> None:
    client = serve(app, cache, calls, lambda: request.method)
    assert client.get("/page").text == "GET"
    assert client.post("/page").text == "POST"
    assert client.post("/page").text == "POST"
    assert client.get("/page").text == "GET"
    assert calls == ["GET", "POST", "POST"]


@pytest.mark.parametrize("name", ["Authorization", "Cookie"])
def test_callers_with_credentials_share_nothing(app: Flask, cache: Cache, calls: list[str], name: str) -> None:
    client = serve(app, cache, calls, lambda: request.headers.get(name, "nobody"))
    for value in ("a=1", "a=2", "a=1"):
        assert client.get("/page", headers={name: value}).text == value
        assert client.get("/page").text == "nobody"


@pytest.mark.parametrize("options", [{"key_prefix": "page"}, {"make_cache_key": lambda: "page"}])
def test_a_key_that_the_user_chose_is_used_as_it_is(
    app: Flask, cache: Cache, calls: list[str], options: dict[str, Any]
) -> None:
    client = serve(app, cache, calls, lambda: "text", **options)
    client.get("/page?a=1")
    client.get("/page?a=2", headers={"Authorization": "Token x"})
    assert len(calls) == 1


def test_errors_are_not_stored_for_a_chosen_key_either(app: Flask, cache: Cache, calls: list[str]) -> None:
    client = serve(app, cache, calls, raises(404), key_prefix="page")
    client.get("/page")
    client.get("/page")
    assert len(calls) == 2
