"""Mistakes in what the cache is told of an application: refused at start, in one line that says what to write."""

from typing import Any

import pytest

from hotroute.cache.store.base import Entry
from hotroute.cache.store.signing import Signer
from tests.cache.http.site import Site

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"identify_caller": None}, r"CacheOptions\(identify_caller=None\) is no function .*leave identify_caller out"),
        ({"identify_caller": "anna"}, r"CacheOptions\(identify_caller='anna'\) is no function"),
        ({"per_response_headers": None}, r"CacheOptions\(per_response_headers=None\) is no function"),
        ({"per_response_headers": []}, r"CacheOptions\(per_response_headers=\[\]\) is no function"),
        ({"hooks_skipped_on_hit": "package.hook"}, r"is one text: write \('package.hook',\)"),
        ({"log_only_headers": "User-Agent"}, r"is one text: write \('User-Agent',\)"),
        ({"manual_tags": "rates"}, r"is one text: write \('rates',\)"),
    ],
)
def test_an_option_of_another_kind_is_refused_by_name(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        Site().page().start(**options)
    assert "\n" not in str(refused.value)


def test_answers_for_each_caller_are_refused_where_nothing_tells_callers_apart() -> None:
    with pytest.raises(ValueError, match=r'/page: @hot\(share="per-caller"\).*CacheOptions\(identify_caller=...\)'):
        Site().page(share="per-caller").start()
    Site().page(share="per-caller").start(identify_caller=lambda environ: environ.get("HTTP_X_USER"))


def test_a_secret_is_the_same_as_text_and_as_bytes() -> None:
    entry = Entry(b"head", b"body")
    assert Signer("sécret").sign("key", entry, b"") == Signer("sécret".encode()).sign("key", entry, b"")


@pytest.mark.parametrize("secret", [None, 7, ["secret"]])
def test_a_secret_of_another_type_is_refused_by_name(secret: Any) -> None:
    with pytest.raises(TypeError, match=r"^secret is a text or bytes; it cannot be of type"):
        Signer(secret)
