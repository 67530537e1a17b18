"""Conditional and partial requests, and HEAD (RFC 9110, sections 9.3.2, 13 and 14; RFC 9111, section 4.3)."""

from typing import Any

import pytest
from flask import Response, request, send_file

from tests.cache.http.site import TEXT, Site


@pytest.fixture
def site() -> Site:
    return Site().page().start()


def test_the_tag_of_an_answer_gets_a_304_in_each_way_to_write_it(site: Site) -> None:
    tag = site.get().headers["ETag"]
    for given in (tag, f"W/{tag}", f'"x", W/"y" , {tag}', "*", f'"a,b",{tag}'):
        answer = site.get(headers={"If-None-Match": given})
        assert (answer.status, answer.body, answer.headers["ETag"]) == (304, b"", tag), given


@pytest.mark.parametrize("given", ['"x"', "x", "", '"*"', 'W/"x", "y"'])
def test_another_tag_gets_the_whole(site: Site, given: str) -> None:
    assert site.twice(headers={"If-None-Match": given}).status == 200


def test_a_304_says_what_a_200_would_but_nothing_of_the_content(site: Site) -> None:
    whole = site.twice()
    short = site.get(headers={"If-None-Match": whole.headers["ETag"]})
    for name in ("ETag", "Cache-Control", "Vary"):
        assert short.headers[name] == whole.headers[name]
    assert "Age" in short.headers
    assert not {"Content-Length", "Content-Type", "Content-Encoding"} & set(short.headers.keys())


def test_a_304_says_where_the_content_is_found() -> None:
    # RFC 9110, section 15.4.5.
    site = Site().page(lambda: (TEXT, {"Content-Location": "/page.txt"})).start()
    short = site.get(headers={"If-None-Match": site.get().headers["ETag"]})
    assert (short.status, short.headers["Content-Location"]) == (304, "/page.txt")


def test_a_miss_is_answered_304_too_and_stored_whole(site: Site) -> None:
    tag = site.get().headers["ETag"]
    cold = Site().page().start()
    first, second = cold.get(headers={"If-None-Match": tag}), cold.get()
    assert (first.status, first.stored) == (304, True)
    assert (second.status, second.hit, second.body) == (200, True, TEXT.encode())


def test_each_encoding_has_a_tag_of_its_own(site: Site) -> None:
    answers = {coding: site.get(headers={"Accept-Encoding": coding}) for coding in ("br", "gzip", "identity")}
    tags = {answer.headers["ETag"] for answer in answers.values()}
    assert len(tags) == 3
    other = site.get(headers={"Accept-Encoding": "br", "If-None-Match": answers["gzip"].headers["ETag"]})
    assert other.status == 200
    same = site.get(headers={"Accept-Encoding": "br", "If-None-Match": answers["br"].headers["ETag"]})
    assert (same.status, same.headers["Vary"]) == (304, answers["br"].headers["Vary"])


def test_the_same_content_has_the_same_tag_whoever_stored_it() -> None:
    tags = {Site().page().start().get().headers["ETag"] for _ in range(2)}
    assert len(tags) == 1


def test_a_date_is_no_validator_for_an_answer_that_has_none(site: Site) -> None:
    # RFC 9110, section 13.1.3: ignored where there is no modification date.
    since = {"If-Modified-Since": "Fri, 31 Dec 2100 23:59:59 GMT"}
    assert [site.get(headers=since).status, site.get(headers=since).status] == [200, 200]
    assert "Last-Modified" not in site.get().headers


def test_if_none_match_goes_before_the_date(site: Site) -> None:
    tag = site.get().headers["ETag"]
    both = {"If-None-Match": tag, "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}
    assert site.get(headers=both).status == 304


@pytest.mark.parametrize("name", ["If-Match", "If-Unmodified-Since"])
def test_other_preconditions_are_the_applications(site: Site, name: str) -> None:
    # RFC 9110, section 13.1.1: a cache does not check them.
    assert site.twice(headers={name: '"x"'}).detail == "PRECONDITION"
    assert len(site.runs) == 2


def test_a_range_is_answered_with_the_whole(site: Site) -> None:
    # RFC 9110, section 14.2: a server may ignore the field.
    for ask in (site.get, site.get):
        answer = ask(headers={"Range": "bytes=0-3"})
        assert (answer.status, answer.body) == (200, TEXT.encode())
        assert "Accept-Ranges" not in answer.headers


def test_a_view_that_answers_ranges_and_conditions_itself_is_stored_whole(tmp_path: Any) -> None:
    file = tmp_path / "file.txt"
    file.write_text(TEXT)
    site = Site().page(lambda: send_file(file, conditional=True)).start()
    first = site.get(headers={"Range": "bytes=0-3", "If-Modified-Since": "Fri, 31 Dec 2100 23:59:59 GMT"})
    assert (first.status, first.stored, first.body) == (200, True, TEXT.encode())
    assert site.get().body == TEXT.encode()


def test_head_is_answered_from_gets_entry(site: Site) -> None:
    whole = site.get()
    head = site.get(method="HEAD")
    assert (head.status, head.hit, head.body) == (200, True, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Vary", "Cache-Control"):
        assert head.headers[name] == whole.headers[name]
    assert len(site.runs) == 1


def test_head_fills_the_entry_for_get(site: Site) -> None:
    head = site.get(method="HEAD")
    assert (head.stored, head.body, head.headers["Content-Length"]) == (True, b"", str(len(TEXT)))
    assert (site.get().hit, site.get().body) == (True, TEXT.encode())


def test_head_has_a_304_of_its_own(site: Site) -> None:
    tag = site.get().headers["ETag"]
    assert site.get(method="HEAD", headers={"If-None-Match": tag}).status == 304


def test_head_of_what_is_not_stored_has_no_body_either() -> None:
    def view() -> Response:
        assert request.method == "GET"
        return Response(part for part in (b"a", b"b"))

    site = Site().page(view).start()
    answer = site.get(method="HEAD")
    assert (answer.status, answer.body, answer.detail) == (200, b"", "STREAMED")


@pytest.mark.parametrize("control", ["no-store", "No-Store", "max-age=0, no-store"])
def test_a_request_with_no_store_is_neither_answered_from_the_store_nor_stored(site: Site, control: str) -> None:
    # RFC 9111, section 5.2.1.5.
    assert site.twice(headers={"Cache-Control": control}).detail == "REQUEST-NO-STORE"
    assert len(site.runs) == 2
    assert site.get().stored


@pytest.mark.parametrize("control", ["no-cache", "max-age=0", "max-age=0, must-revalidate", "only-if-cached"])
def test_a_hit_was_validated_and_so_serves_who_wants_that(site: Site, control: str) -> None:
    # RFC 9111, section 5.2.1.4.
    site.get()
    assert site.get(headers={"Cache-Control": control, "Pragma": "no-cache"}).hit


def test_a_request_with_content_passes_by(site: Site) -> None:
    assert site.twice(data=b"content").detail == "CONTENT"
    assert len(site.runs) == 2
