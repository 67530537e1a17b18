"""The transparency check finds what a cache must not change, and shows the shortest way there."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, jsonify
from hypothesis import strategies as st

from hotroute import cache
from hotroute.cache import MemoryStore, hot
from hotroute.testing import Call, HotCache, assert_transparent, cache_disabled, isolated
from hotroute.testing.isolation import front_of

KEYS = st.integers(1, 2)
READ = Call("GET", "/notes/{n}", n=KEYS)
SHOUT = Call("GET", "/notes/{n}?shout=1", n=KEYS)
WRITE = Call("PUT", "/notes/{n}", json={"text": st.sampled_from(["a", "b"])}, n=KEYS)
ALL = Call("GET", "/declared")

Reset = Callable[[], None]


def test_the_small_application_is_transparent(app: Flask, reset: Reset) -> None:
    assert_transparent(app, [READ, SHOUT, WRITE], reset, examples=20)
    assert_transparent(app, [READ, SHOUT, WRITE], reset, examples=5, replay=True)


def test_the_check_meets_hits(app: Flask, reset: Reset, hot_cache: HotCache) -> None:
    assert_transparent(app, [READ, WRITE], reset, examples=10)
    assert len(hot_cache.hits) > 10


@pytest.mark.parametrize("replay", [False, True])
def test_a_stale_answer_is_shown_by_the_shortest_sequence(app: Flask, reset: Reset, replay: bool) -> None:
    """The route says that it depends on something else than it does."""
    with pytest.raises(AssertionError, match="makes a difference in the body") as found:
        assert_transparent(app, [ALL, READ, WRITE], reset, examples=50, replay=replay)
    calls = re.findall(r"^  \d\. (\w+ \S+)", str(found.value), re.MULTILINE)
    assert calls == ["GET /declared", "PUT /notes/1", "GET /declared"]
    assert "with the cache: body {'texts': []}" in str(found.value)
    assert "without it:     body {'texts': ['a']}" in str(found.value)
    assert "answered from the cache" in str(found.value)


def test_a_broken_store_is_found(app: Flask, reset: Reset, monkeypatch: pytest.MonkeyPatch) -> None:
    """No write is marked or done: every entry stays."""
    store = front_of(app).store
    for step in ("mark", "done"):
        monkeypatch.setattr(store, step, lambda *_args, **_options: None, raising=False)
    with pytest.raises(AssertionError, match=r"(?s)1\. GET.*2\. PUT.*3\. GET"):
        assert_transparent(app, [READ, WRITE], reset, examples=50)


def test_values_that_differ_for_a_good_reason_are_ignored(app: Flask, reset: Reset) -> None:
    random = Call("GET", "/random")
    with pytest.raises(AssertionError, match="difference in the body"):
        assert_transparent(app, [random], reset, examples=10)
    assert_transparent(app, [random], reset, examples=10, ignore=["n"])


def test_a_hook_that_was_wrongly_declared_skippable_is_found_by_replaying(reset: Reset) -> None:
    visits = [0]
    app = Flask("visited")

    @app.before_request
    def count() -> None:
        visits[0] += 1

    @app.get("/page")
    @hot(tags=())
    def page() -> Any:
        return jsonify(text="page")

    @app.get("/visits")
    def show() -> Any:
        return jsonify(visits=visits[0])

    cache.init_app(app, MemoryStore(), cache.CacheOptions((), (), hooks_skipped_on_hit=(count,)))
    calls = [Call("GET", "/page"), Call("GET", "/visits")]

    def forget() -> None:
        visits[0] = 0

    with pytest.raises(AssertionError, match=r"(?s)difference in the body.*visits"):
        assert_transparent(app, calls, forget, replay=True)


def test_names_and_values_are_filled_in(app: Flask, hot_cache: HotCache) -> None:
    """Values are quoted; what `reset` gives stands for itself; a field that is None is left out."""
    call = Call("GET", "/notes/{n}?shout={loud}", n=1, loud=st.just("{a b}&"), headers={"X-A": "{anna}", "X-B": None})
    assert_transparent(app, [call], lambda: {"anna": "x"}, examples=5)
    assert {seen.path for seen in hot_cache.seen} == {"/notes/1?shout=%7Ba%20b%7D%26"}
    with pytest.raises(KeyError, match="anna"):
        assert_transparent(app, [call], dict, examples=5)


def test_past_the_cache_the_view_answers(app: Flask) -> None:
    client = app.test_client()
    with isolated(app):
        client.get("/notes/1")
        with cache_disabled(app):
            assert "Cache-Status" not in client.get("/notes/1").headers
        assert "hit" in client.get("/notes/1").headers["Cache-Status"]


def test_without_a_cache_there_is_nothing_to_check() -> None:
    with pytest.raises(LookupError, match="not in front of this application"):
        assert_transparent(Flask("bare"), [READ], lambda: None)


@pytest.mark.parametrize("path", ["/note/1", "/cookie"])
@pytest.mark.parametrize("replay", [False, True])
def test_calls_that_are_never_cached_show_nothing(app: Flask, reset: Reset, path: str, replay: bool) -> None:
    why = {"/note/1": "is not hot", "/cookie": "sets a cookie"}[path]
    with pytest.raises(AssertionError, match=rf"no call was answered from the cache:\n  GET {path}: .*{why}"):
        assert_transparent(app, [Call("GET", path)], reset, examples=5, replay=replay)
