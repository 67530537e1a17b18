"""Assertions about one response, and what they say where they fail."""

import re
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import pytest
from werkzeug.datastructures import Headers

from hotroute.testing import HotCache, assert_hit, assert_miss, assert_not_cached
from hotroute.testing.spy import Answered
from tests import servers

Get = Callable[..., Any]


def saying(text: str) -> Answered:
    return Answered(Headers({"Cache-Status": text} if text else {}))


def test_the_first_answer_is_a_miss_and_the_second_a_hit(hot_cache: HotCache, get: Get) -> None:
    assert_miss(get())
    assert_hit(get())


def test_a_miss_is_no_hit(hot_cache: HotCache, get: Get) -> None:
    with pytest.raises(AssertionError, match=r"expected a hit: .*\(the view answered, and that was stored\)"):
        assert_hit(get())


def test_a_hit_is_no_miss(hot_cache: HotCache, get: Get) -> None:
    get()
    with pytest.raises(AssertionError, match=r"expected a miss that is stored: .*\(answered from the cache\)"):
        assert_miss(get())


@pytest.mark.parametrize("times", [1, 2])
def test_a_cached_answer_is_not_one_that_is_not(hot_cache: HotCache, get: Get, times: int) -> None:
    answers = [get() for _ in range(times)]
    with pytest.raises(AssertionError, match="expected an answer that is not cached: "):
        assert_not_cached(answers[-1])


REFUSED = {
    "/cold": ("", "the view is not hot"),
    "/cookie": ("set-cookie", "the answer sets a cookie"),
    "/notes/1?what=1": ("unknown-parameter", "does not declare"),
}


@pytest.mark.parametrize("path", REFUSED)
def test_an_answer_that_is_not_cached_says_why(hot_cache: HotCache, get: Get, path: str) -> None:
    because, words = REFUSED[path]
    assert_not_cached(get(path), because=because)
    for expected in (assert_hit, assert_miss):
        with pytest.raises(AssertionError, match=words):
            expected(get(path))


def test_another_reason_is_not_the_reason(hot_cache: HotCache, get: Get) -> None:
    with pytest.raises(AssertionError, match=r"because of no-store: .*sets a cookie"):
        assert_not_cached(get("/cookie"), because="no-store")


def test_credentials_are_a_reason(hot_cache: HotCache, get: Get) -> None:
    assert_not_cached(get(headers={"Authorization": "Bearer x"}), because="credentials")


def test_only_our_own_member_of_cache_status_counts() -> None:
    assert_hit(saying('Hotroute; hit; key="a, b; stored", Edge; fwd=miss'))
    with pytest.raises(AssertionError):
        assert_hit(saying("Edge; hit, Hotroute; fwd=miss"))
    with pytest.raises(AssertionError, match="it was not stored"):
        assert_miss(saying("Hotroute; fwd=miss; stored=?0"))
    with pytest.raises(AssertionError, match=re.escape("(no room)")):
        assert_hit(saying("Hotroute; fwd=miss; detail=no room"))


def test_answers_over_http_are_read_as_well() -> None:
    """Bare Flask under Gunicorn: no cache, and the assertion says so."""
    with (
        servers.gunicorn_server("profiling.bench.floors:flask", path="/") as gunicorn,
        urlopen(f"http://127.0.0.1:{gunicorn.environ['APP_PORT']}/") as answer,
    ):
        assert_not_cached(answer)
        with pytest.raises(AssertionError, match="the view is not hot"):
            assert_hit(answer)


def test_a_route_that_reads_no_table_is_cached_too(hot_cache: HotCache, get: Get) -> None:
    assert_miss(get("/random"))
    assert_hit(get("/random"))


def test_a_client_that_keeps_cookies_is_told_so(hot_cache: HotCache) -> None:
    client = hot_cache.app.test_client()
    client.get("/cookie")
    with pytest.raises(AssertionError, match=r"keeps the cookies .*use_cookies=False"):
        assert_hit(client.get("/notes/1"))
