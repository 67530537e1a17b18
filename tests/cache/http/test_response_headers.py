"""Encodings, ages and what `Cache-Status` says (RFC 9110, section 12.5.3; RFC 9111, section 5.1; RFC 9211)."""

import gzip
import random
import re
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from hotroute.cache.http import response_headers
from hotroute.cache.reasons import EXPLANATIONS, Reason, describe
from tests.cache.http.site import TEXT, Site
from tests.servers import ROOT

pytestmark = pytest.mark.unit

MEMBER = re.compile(
    r"Hotroute; (hit; ttl=\d+|fwd=miss; (stored|collapsed)|fwd=(bypass|miss)(; collapsed=\?0)?(; stored=\?0)?)"
    r"(; detail=[A-Z][A-Z0-9-]*)?"
)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, None), ("", None), ("identity", None), ("zstd", None), ("deflate, compress", None), ("\x00", None),
        ("br", "br"), ("gzip", "gzip"), ("gzip, br", "br"), ("BR", "br"), ("*", "br"), ("gzip;q=0.5, br;q=0.1", "gzip"),
        ("br;q=0", None), ("br;q=0, gzip", "gzip"), ("*;q=0", None), ("br;q=0, *", "gzip"), ("gzip;q=0, *;q=0.1", "br"),
        ("identity;q=0", None), ("identity;q=0, gzip", "gzip"), ("identity, br;q=0.5", None), ("br;q=abc", None),
        ("br;q=-1", None), ("gzip;q=nan", None), (",;=,", None), ("br;q=0.001", "br"), ("x" * 2000 + ", br", None),
    ],
)  # fmt: skip
def test_the_encoding_is_one_that_the_client_takes(accepted: str | None, coding: str | None) -> None:
    site = Site().page().start()
    answer = site.twice(headers={} if accepted is None else {"Accept-Encoding": accepted})
    assert (answer.hit, answer.headers.get("Content-Encoding")) == (True, coding)
    decode = {None: bytes, "br": brotli.decompress, "gzip": gzip.decompress}[coding]
    assert decode(answer.body) == TEXT.encode()
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert "Accept-Encoding" in answer.headers["Vary"]


@given(st.text())
def test_no_accept_encoding_is_an_error(accepted: str) -> None:
    assert response_headers.encodings(accepted)[-1] == "identity"


VARIANTS = [
    (TEXT.encode(), "text/plain", True),
    (TEXT.encode(), "application/problem+json", True),
    (b"short", "text/plain", False),
    (TEXT.encode(), "image/png", False),
    (random.Random(1).randbytes(1000), "text/plain", False),
]


@pytest.mark.parametrize(("body", "kind", "smaller"), VARIANTS)
def test_variants_are_stored_where_they_are_smaller(body: bytes, kind: str, smaller: bool) -> None:
    site = Site().page(lambda: (body, {"Content-Type": kind})).start()
    for coding in ("br", "gzip"):
        answer = site.twice(headers={"Accept-Encoding": coding})
        assert answer.hit
        assert answer.headers.get("Content-Encoding") == (coding if smaller else None)
        assert (len(answer.body) < len(body)) == smaller


def test_the_age_is_the_seconds_since_the_answer_was_made() -> None:
    with time_machine.travel(1_000_000, tick=False) as clock:
        site = Site().page().start()
        assert site.get().headers["Age"] == "0"
        clock.shift(7.9)
        answer = site.get()
        assert (answer.headers["Age"], answer.cache) == ("7", "Hotroute; hit; ttl=52")


def test_the_age_is_never_negative() -> None:
    with time_machine.travel(1_000_000, tick=False) as clock:
        site = Site().page().start()
        site.get()
        clock.shift(-100)
        assert site.get().headers["Age"] == "0"


def test_every_answer_of_a_hot_route_says_what_the_cache_did() -> None:
    site = Site().page().page(lambda: (TEXT, {"X-Own": "1"}), "/own").start()
    for ask in (
        site.get(), site.get(), site.get("/page?x=1"), site.get(headers={"Cookie": "a=1"}), site.get("/own"),
        site.get(headers={"Cache-Control": "no-store"}),
    ):  # fmt: skip
        assert MEMBER.fullmatch(ask.cache), ask.cache


def test_each_detail_has_its_words_here_and_in_the_documentation() -> None:
    page = (Path(ROOT) / "docs" / "cache.md").read_text()
    assert set(EXPLANATIONS) == set(Reason)
    assert [detail for detail in Reason if f"`{detail}" not in page] == []
    assert describe("HEADER-X-OWN").startswith(EXPLANATIONS[Reason.HEADER])
    assert describe("HEADER-X-OWN").endswith("(HEADER-X-OWN)")
    assert describe("SOMETHING-ELSE") == "something else"
