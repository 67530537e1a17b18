"""Over HTTP/2 errors have the same shape, and limits hold as far as Nginx has them there."""

import pytest

from tests.servers import Proxy
from tests.serving.nginx.http2 import Answer, Field, ask

MEBIBYTE = 1024 * 1024


def assert_in_the_shape(answer: Answer) -> None:
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.headers["x-content-type-options"] == "nosniff"
    [message] = answer.json()["errors"]["body"]
    assert message
    assert message != "the request cannot be answered"


def test_the_application_answers(nginx: Proxy) -> None:
    answer = ask(nginx, b"POST", b"/headers", [(b"x-mine", b"yes")], b"x")
    assert answer.status == 200
    assert answer.json()["HTTP_X_MINE"] == "yes"
    assert answer.headers["x-request-id"] == answer.json()["HTTP_X_REQUEST_ID"]


@pytest.mark.parametrize("length", [[(b"content-length", b"%d" % (MEBIBYTE + 1))], []], ids=["told", "not told"])
def test_a_body_that_is_too_large_is_413_in_json(nginx: Proxy, length: list[Field]) -> None:
    answer = ask(nginx, b"POST", b"/post", length, b"x" * (MEBIBYTE + 1))
    assert answer.status == 413
    assert_in_the_shape(answer)


def test_a_body_of_exactly_the_limit_passes(nginx: Proxy) -> None:
    assert ask(nginx, b"POST", b"/post", body=b"x" * MEBIBYTE).status == 200


@pytest.mark.parametrize(
    ("status", "method", "path", "fields"),
    [
        (400, b"GET", b"/%00", []),
        (404, b"GET", b"/static/nothing", []),
        (405, b"TRACE", b"/", []),
        (400, b"GET", b"/", [(b"host", b"evil.example")]),
    ],
)
def test_what_nginx_refuses_gets_json(
    nginx: Proxy, status: int, method: bytes, path: bytes, fields: list[Field]
) -> None:
    answer = ask(nginx, method, path, fields)
    assert answer.status == status
    assert_in_the_shape(answer)


def test_another_host_after_a_good_handshake_is_misdirected(nginx: Proxy) -> None:
    answer = ask(nginx, b"GET", b"/", host=b"evil.example")
    assert answer.status == 421
    assert_in_the_shape(answer)


def test_a_header_that_is_short_on_the_wire_only_is_refused_by_gunicorn_in_json(nginx: Proxy) -> None:
    """Nine thousand letters are less than Nginx's 8,000 bytes there, and more than Gunicorn's."""
    answer = ask(nginx, b"GET", b"/headers", [(b"x-long", b"a" * 9000)], shorten=True)
    assert answer.status == 431
    assert_in_the_shape(answer)


def test_a_header_that_is_too_long_on_the_wire_does_not_reach_the_application(nginx: Proxy) -> None:
    """Nginx closes the connection (RFC 9113, section 10.5.1)."""
    assert ask(nginx, b"GET", b"/headers", [(b"x-long", b"a" * 9000)]).status == 0


def test_without_the_application_the_answer_is_502_in_json(lonely: Proxy) -> None:
    answer = ask(lonely, b"GET", b"/api/articles")
    assert (answer.status, answer.headers["retry-after"]) == (502, "1")
    assert_in_the_shape(answer)
