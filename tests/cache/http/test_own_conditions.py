"""Conditions and ranges that an application answers itself, on hot routes that are not stored, and after hooks."""

from pathlib import Path
from typing import Any

import pytest
from flask import Response, abort, request, send_file
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from hotroute import cache
from tests.cache.http.site import TEXT, Answer, Site

pytestmark = pytest.mark.unit

CONDITIONS = {
    "a tag": {"If-None-Match": '"own"'},
    "another tag": {"If-None-Match": '"other"'},
    "a date": {"If-Modified-Since": "Fri, 31 Dec 2100 23:59:59 GMT"},
    "an old date": {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"},
    "a range": {"Range": "bytes=0-3"},
    "the end": {"Range": "bytes=-4"},
    "a range of that tag": {"Range": "bytes=0-3", "If-Range": '"own"'},
    "a range of another tag": {"Range": "bytes=0-3", "If-Range": '"other"'},
    "a range that is not there": {"Range": "bytes=9999-"},
    "no range": {"Range": "lines=1"},
}


def sent(path: Path) -> Response:
    response = send_file(path, conditional=True, etag="own")
    response.headers["Set-Cookie"] = "a=1"
    return response


def tell(answer: Answer) -> tuple[Any, ...]:
    names = ("ETag", "Last-Modified", "Content-Range", "Content-Length", "Content-Type", "Accept-Ranges")
    return answer.status, answer.body, [answer.headers.get(name) for name in names]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.txt"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_an_answer_that_is_not_stored_has_its_own_304_206_and_416(
    file: Path, condition: str, method: str, inside: bool
) -> None:
    cold, hot = Site(), Site().page(lambda: sent(file))
    cold.app.add_url_rule("/page", "page", lambda: sent(file))
    if inside:
        hot.app.before_request(lambda: None)
    hot.start()
    for _ in range(2):
        answer = hot.get(headers=CONDITIONS[condition], method=method)
        assert tell(answer) == tell(cold.get(headers=CONDITIONS[condition], method=method))
        assert answer.detail == "SET-COOKIE"


def test_a_large_file_is_sent_in_the_part_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"0123456789" * 200_000)
    site = Site().page(lambda: send_file(path, conditional=True)).start()
    answer = site.get(headers={"Range": "bytes=1000001-1000003"})
    assert (answer.status, answer.body, answer.detail) == (206, b"123", "LARGE")
    assert site.get().body == path.read_bytes()


def test_a_condition_that_a_view_looks_at_by_itself_counts_too() -> None:
    def view() -> Any:
        if request.if_none_match.contains("v1"):
            return Response(status=304, headers={"ETag": '"v1"'})
        return Response(TEXT, headers={"ETag": '"v1"', "Cache-Control": "no-store"})

    site = Site().page(view).start()
    assert [site.get().status, site.get(headers={"If-None-Match": '"v1"'}).status] == [200, 304]
    assert len(site.runs) == 3


def test_a_view_that_looks_at_no_condition_runs_once() -> None:
    site = Site().page(lambda: (TEXT, {"Set-Cookie": "a=1", "ETag": '"v1"'})).start()
    assert site.get(headers={"If-None-Match": '"v1"', "Range": "bytes=0-3"}).status == 200
    assert len(site.runs) == 1


def test_a_view_that_fails_or_aborts_runs_once() -> None:
    def view() -> Any:
        assert request.if_none_match
        abort(404)

    site = Site().page(view).start()
    assert site.get(headers={"If-None-Match": '"v1"'}).status == 500
    assert len(site.runs) == 1


@pytest.mark.parametrize("is_followed", [True, False])
def test_a_view_that_may_have_written_runs_once(tmp_path: Path, is_followed: bool) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'notes.db'}", poolclass=NullPool)

    def view() -> Any:
        with engine.connect() as connection:
            connection.execute(text("PRAGMA user_version = 1"))
        response = Response(TEXT, headers={"ETag": '"v1"'})
        return response.make_conditional(request)

    site = Site().page(view)
    cache.init_app(site.app, site.store, cache.CacheOptions((engine,) if is_followed else (), ()))
    assert site.get(headers={"If-None-Match": '"v1"'}).body == TEXT.encode()
    assert len(site.runs) == 1


def test_a_hook_that_answers_conditions_does_so_on_hits_too() -> None:
    site = Site().page()

    @site.app.after_request
    def sign(response: Response) -> Any:
        response.set_data(f"signed {TEXT}")
        response.set_etag("signed")
        return response.make_conditional(request, accept_ranges=True, complete_length=len(response.get_data()))

    site.start()
    assert site.twice().hit
    tag = {"If-None-Match": '"signed"'}
    assert [(answer.status, answer.hit) for answer in (site.get(headers=tag), site.get())] == [(304, True), (200, True)]
    part = site.get(headers={"Range": "bytes=0-5"})
    assert (part.status, part.hit, part.body) == (206, True, b"signed")
    assert len(site.runs) == 1


def test_a_hook_that_adds_conditions_to_an_unchanged_answer_leaves_them_to_the_cache() -> None:
    site = Site().page()

    @site.app.after_request
    def tag(response: Response) -> Any:
        response.add_etag()
        return response.make_conditional(request)

    whole = site.start().twice()
    assert site.get(headers={"If-None-Match": whole.headers["ETag"]}).status == 304
    assert len(site.runs) == 1
