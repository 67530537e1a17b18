"""Who may get whose answer (RFC 9111, section 3.5)."""

from typing import TYPE_CHECKING, Any

import pytest
from flask import g, jsonify, request, session
from flask.sessions import SecureCookieSessionInterface
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.http import parse_cookie

from tests.cache.http.site import Site

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def read(environ: "WSGIEnvironment") -> str | None:
    """A caller's name from "Token <name>"; the token "bad" is not valid."""
    header = environ.get("HTTP_AUTHORIZATION")
    if header is None:
        return None
    scheme, _, name = str(header).partition(" ")
    if scheme != "Token" or name == "bad":
        raise ValueError("no such token")
    return name


def whoami() -> Any:
    header = request.headers.get("Authorization")
    if header == "Token bad":
        return "who?", 401, {"WWW-Authenticate": "Token"}
    return jsonify(you=header)


@pytest.fixture
def site() -> Site:
    return Site().page(whoami, share="per-caller").start(identify_caller=read)


def test_each_caller_has_answers_of_their_own(site: Site) -> None:
    for header in ({}, {"Authorization": "Token anna"}, {"Authorization": "Token bob"}, {"Authorization": "Token "}):
        assert site.get(headers=header).stored
        answer = site.get(headers=header)
        assert answer.hit
        assert answer.body == jsonify_bytes(header.get("Authorization"))
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "Authorization" in answer.headers["Vary"]


def jsonify_bytes(name: str | None) -> bytes:
    return b'{"you":null}\n' if name is None else f'{{"you":"{name}"}}\n'.encode()


@pytest.mark.parametrize("caller", ["per-caller", "anonymous"])
def test_a_token_that_is_not_valid_is_refused_by_the_application_each_time(caller: Any) -> None:
    site = Site().page(whoami, share=caller).start(identify_caller=read)
    site.get()
    for _ in range(2):
        answer = site.get(headers={"Authorization": "Token bad"})
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Token")
        assert answer.detail == "CREDENTIALS-NOT-VALID"
        assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_principal_that_breaks_is_passed_by(site: Site) -> None:
    def broken(_environ: Any) -> str | None:
        raise MemoryError

    site = Site().page(whoami, share="per-caller").start(identify_caller=broken)
    assert site.twice().detail == "CREDENTIALS-NOT-VALID"
    assert len(site.runs) == 2


def test_a_number_names_a_caller_as_a_text_does() -> None:
    site = (
        Site()
        .page(whoami, share="per-caller")
        .start(identify_caller=lambda environ: int(environ["HTTP_AUTHORIZATION"]))
    )
    for number in ("1", "2"):
        answer = site.twice(headers={"Authorization": number})
        assert (answer.hit, answer.body) == (True, jsonify_bytes(number))


@pytest.mark.parametrize("caller", [True, b"anna", ("anna",), object()])
def test_what_does_not_tell_callers_apart_is_none(caller: Any) -> None:
    site = Site().page(whoami, share="per-caller").start(identify_caller=lambda _: caller)
    assert site.twice().detail == "CREDENTIALS-NOT-VALID"


def test_callers_pass_by_where_answers_are_for_those_without_credentials() -> None:
    site = Site().page(whoami).start(identify_caller=read)
    assert site.twice().hit
    assert site.twice(headers={"Authorization": "Token anna"}).detail == "CREDENTIALS"
    assert site.get(headers={"Authorization": "Token anna"}).body == jsonify_bytes("Token anna")


def test_without_a_principal_any_credentials_pass_by() -> None:
    site = Site().page(lambda: "all").start()
    for header in ({"Authorization": "Basic YTpi"}, {"Cookie": "session=x"}):
        assert site.twice(headers=header).detail == "CREDENTIALS-NOT-VALID"


def test_callers_share_an_answer_that_does_not_depend_on_them() -> None:
    site = Site().page(lambda: "all", share="everyone").start(identify_caller=read)
    assert site.get(headers={"Authorization": "Token anna", "Cookie": "a=1"}).stored
    for header in ({}, {"Authorization": "Token bob"}, {"Authorization": "Token bad"}):
        answer = site.get(headers=header)
        assert (answer.hit, answer.headers["Cache-Control"]) == (True, "no-cache")
        assert "Authorization" not in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("view", "detail"),
    [
        (lambda: request.headers.get("Authorization", ""), "UNKEYED-AUTHORIZATION"),
        (lambda: str(request.authorization), "UNKEYED-AUTHORIZATION"),
        (lambda: request.cookies.get("name", ""), "UNKEYED-COOKIE"),
        (lambda: str(request.headers.getlist("Cookie")), "UNKEYED-COOKIE"),
        (lambda: str(sorted(request.environ.items())), "UNKEYED-EVERY-FIELD"),
        (lambda: str(dict(request.headers)), "UNKEYED-AUTHORIZATION"),
        (lambda: str(session.get("name")), "VARY"),
    ],
)
def test_a_view_that_looks_at_the_caller_after_all_is_not_stored(view: Any, detail: str) -> None:
    site = Site().page(view, share="everyone")
    site.app.secret_key = "for the session"
    site.start(identify_caller=read)
    assert site.twice(headers={"Authorization": "Token anna", "Cookie": "name=anna"}).detail == detail
    assert len(site.runs) == 2


def test_a_cookie_that_the_principal_does_not_look_at_is_not_keyed() -> None:
    site = Site().page(lambda: request.cookies.get("theme", "light"), share="per-caller").start(identify_caller=read)
    assert site.twice().detail == "UNKEYED-COOKIE"
    assert site.get(headers={"Cookie": "theme=dark"}).body == b"dark"


def by_cookie(environ: "WSGIEnvironment") -> str | None:
    return parse_cookie(environ).get("name")


def test_answers_vary_on_what_the_principal_looks_at() -> None:
    site = (
        Site().page(lambda: request.cookies.get("name", "nobody"), share="per-caller").start(identify_caller=by_cookie)
    )
    for name in ("anna", "bob"):
        for answer in (site.get(headers={"Cookie": f"name={name}"}), site.get(headers={"Cookie": f"name={name}"})):
            assert (answer.body, answer.headers["Vary"]) == (name.encode(), "Accept-Encoding, Cookie")
        assert answer.hit


def test_a_session_that_the_principal_reads_too_keeps_no_answer_from_being_stored() -> None:
    site = Site().page(lambda: f"for {session.get('name')}", share="per-caller")
    site.app.secret_key = "for the session"
    serializer = SecureCookieSessionInterface().get_signing_serializer(site.app)
    assert serializer
    site.start(identify_caller=lambda environ: parse_cookie(environ).get("session"))
    for name in ("anna", "bob"):
        answer = site.twice(headers={"Cookie": f"session={serializer.dumps({'name': name})}"})
        assert (answer.hit, answer.body) == (True, f"for {name}".encode())


def test_a_principal_that_looks_at_several_fields_or_fails_without_them_says_what_it_can() -> None:
    def both(environ: "WSGIEnvironment") -> str | None:
        return environ.get("HTTP_X_API_KEY") or environ.get("HTTP_COOKIE")

    cases = (
        (both, "Cookie, X-Api-Key"),
        (lambda environ: environ["HTTP_X_KEY"], "X-Key"),
        (lambda _: None, "Authorization"),
    )
    for principal, fields in cases:
        site = Site().page(share="per-caller").start(identify_caller=principal)
        assert site.get().headers["Vary"] == f"Accept-Encoding, {fields}"


def test_what_a_hook_found_out_about_the_caller_is_kept_apart_too() -> None:
    site = Site().page(lambda: f"for {g.name}", share="per-caller")

    @site.app.before_request
    def find() -> None:
        g.name = read(request.environ)

    site.start(identify_caller=read)
    for name in ("anna", "bob"):
        answer = site.twice(headers={"Authorization": f"Token {name}"})
        assert (answer.hit, answer.body) == (True, f"for {name}".encode())


NAMES = st.sampled_from(["", "1", "11", "anna", "ann", "a", "None", "5:anna", "anna ", "Anna", "\xe4"])
ASKED = st.tuples(st.none() | NAMES, st.sampled_from(["/per-caller", "/anonymous"]), st.sampled_from(["", "a", "b"]))


@settings(max_examples=60, deadline=None)
@given(st.lists(ASKED, min_size=2, max_size=12))
def test_two_callers_answers_never_mix(asked: list[tuple[str | None, str, str]]) -> None:
    def view() -> Any:
        return jsonify(you=request.headers.get("Authorization"), a=request.args.get("a"))

    site = Site()
    for caller in ("per-caller", "anonymous"):
        site.page(view, f"/{caller}", share=caller, query=("a",))
    site.start(identify_caller=read)
    for name, path, value in asked:
        headers = {} if name is None else {"Authorization": f"Token {name}"}
        answer = site.get(f"{path}?a={value}", headers)
        assert b'"you":null' in answer.body if name is None else True
        plain = site.get(f"{path}?a={value}", {**headers, "Cache-Control": "no-store"})
        assert answer.body == plain.body
