"""Registering, logging in, and one's own account."""

from datetime import timedelta
from importlib.util import find_spec, module_from_spec
from typing import Any, Literal

import jwt
import pytest
import time_machine
from argon2 import PasswordHasher
from sqlalchemy import delete
from werkzeug.test import TestResponse

from conduit.extensions import db
from conduit.models import User
from conduit.services import passwords
from tests.api import PASSWORD, Api, Person, errors

pytestmark = pytest.mark.pgbouncer


def log_in(api: Api, email: str, password: str = PASSWORD) -> TestResponse:
    return api.post("/users/login", {"user": {"email": email, "password": password}})


def test_who_registers_is_logged_in(api: Api) -> None:
    jake = api.register("jake")
    user = api.read("/user", jake)["user"]
    assert {name: user[name] for name in ("username", "email", "bio", "image")} == {
        "username": "jake",
        "email": "jake@example.com",
        "bio": "",
        "image": "",
    }


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "token", "bearer"])
def test_a_login_gives_a_token_for_both_schemes(api: Api, scheme: str) -> None:
    jake = api.register("jake")
    token = log_in(api, jake.email).json["user"]["token"]  # type: ignore[index]
    answer = api.call("GET", "/user", headers={"Authorization": f"{scheme} {token}"})
    assert answer.json["user"]["username"] == "jake"  # type: ignore[index]


def test_an_address_is_the_same_in_capitals(api: Api) -> None:
    api.register("jake")
    assert log_in(api, "Jake@Example.COM").status_code == 200


def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(api: Api) -> None:
    api.register("jake")
    wrong, unknown = log_in(api, "jake@example.com", "wrong password"), log_in(api, "nobody@example.com")
    assert wrong.status_code == unknown.status_code == 401
    assert errors(wrong) == errors(unknown) == {"email or password": ["is invalid"]}


@pytest.fixture
def untouched() -> Any:
    """The module as users have it, not with what tests make quick."""
    spec = find_spec(passwords.__name__)
    assert spec
    assert spec.loader
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_password_costs_what_owasp_recommends(untouched: Any) -> None:
    assert untouched.digest("a password").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize("known", [True, False])
def test_an_unknown_user_costs_the_same_hash_as_a_known_one(untouched: Any, known: bool) -> None:
    verified: list[bool] = []
    ours = untouched.hasher

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002
            verified.append(ours.check_needs_rehash(str(hash)))
            return super().verify(hash, password)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(untouched, "hasher", Counting())
        assert untouched.match(untouched.NOBODY if known else None, "wrong") is False
    assert verified == [False], "one verification, of a hash with the parameters that ours have"


def test_nobodys_password_lets_nobody_in() -> None:
    assert passwords.match(None, "nobody's password") is False


@pytest.mark.parametrize(
    ("username", "email", "taken"),
    [
        ("jake", "new@example.com", ["username"]),
        ("new", "jake@example.com", ["email"]),
        ("jake", "jake@example.com", ["username", "email"]),
    ],
)
def test_a_taken_name_or_address_is_refused(api: Api, username: str, email: str, taken: list[str]) -> None:
    api.register("jake")
    answer = api.post("/users", {"user": {"username": username, "email": email, "password": PASSWORD}})
    assert answer.status_code == 422
    assert errors(answer) == {field: ["has already been taken"] for field in taken}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("username", "", "can't be blank"),
        ("username", "  ", "can't be blank"),
        ("username", "a/b", "is invalid"),
        ("username", "x" * 65, "is too long (maximum is 64 characters)"),
        ("username", 7, "must be a string"),
        ("email", "nonsense", "is invalid"),
        ("email", None, "must be a string"),
        ("password", "short", "is too short (minimum is 8 characters)"),
        ("password", "", "is too short (minimum is 8 characters)"),
    ],
)
def test_registration_says_what_is_wrong(api: Api, field: str, value: object, message: str) -> None:
    good = {"username": "jake", "email": "jake@example.com", "password": PASSWORD}
    answer = api.post("/users", {"user": good | {field: value}})
    assert answer.status_code == 422
    assert errors(answer) == {field: [message]}


@pytest.mark.parametrize("field", ["username", "email", "password"])
def test_registration_needs_every_field(api: Api, field: str) -> None:
    good = {"username": "jake", "email": "jake@example.com", "password": PASSWORD}
    del good[field]
    assert errors(api.post("/users", {"user": good})) == {field: ["can't be blank"]}


def test_an_account_can_be_changed(api: Api) -> None:
    jake = api.register("jake")
    changes = {
        "username": "jacob",
        "email": "jacob@example.com",
        "bio": "I like dragons",
        "image": "https://x.example/a",
    }
    user = api.put("/user", {"user": changes}, jake).json["user"]  # type: ignore[index]
    assert {name: user[name] for name in changes} == changes
    assert api.read("/profiles/jacob")["profile"]["bio"] == "I like dragons"
    assert api.get("/profiles/jake").status_code == 404


def test_a_new_password_replaces_the_old_one(api: Api) -> None:
    jake = api.register("jake")
    assert api.put("/user", {"user": {"password": "another password"}}, jake).status_code == 200
    assert log_in(api, jake.email, "another password").status_code == 200
    assert log_in(api, jake.email).status_code == 401


@pytest.mark.parametrize("blank", ["", None])
def test_a_blank_password_keeps_the_old_one(api: Api, blank: str | None) -> None:
    jake = api.register("jake")
    assert api.put("/user", {"user": {"password": blank, "bio": "x"}}, jake).status_code == 200
    assert log_in(api, jake.email).status_code == 200


def test_null_empties_bio_and_image(api: Api) -> None:
    jake = api.register("jake")
    api.put("/user", {"user": {"bio": "x", "image": "y"}}, jake)
    user = api.put("/user", {"user": {"bio": None, "image": None}}, jake).json["user"]  # type: ignore[index]
    assert (user["bio"], user["image"]) == ("", "")


def test_a_change_may_repeat_ones_own_name_but_not_take_anothers(api: Api) -> None:
    jake, _ = api.register("jake"), api.register("anna")
    assert api.put("/user", {"user": {"username": "jake", "email": jake.email}}, jake).status_code == 200
    answer = api.put("/user", {"user": {"username": "anna"}}, jake)
    assert answer.status_code == 422
    assert errors(answer) == {"username": ["has already been taken"]}


def test_a_change_of_nothing_is_refused(api: Api) -> None:
    answer = api.put("/user", {"user": {}}, api.register("jake"))
    assert answer.status_code == 422
    assert errors(answer) == {"user": ["needs at least one field"]}


def test_a_token_expires(api: Api) -> None:
    jake = api.register("jake")
    with time_machine.travel(timedelta(days=8), tick=False):
        answer = api.get("/user", jake)
    assert answer.status_code == 401
    assert errors(answer) == {"token": ["has expired"]}


def without_signature(jake: Person) -> str:
    return jwt.encode({"sub": "1", "iat": 0, "exp": 2**40}, "", "none")


def signed_by_another(jake: Person) -> str:
    claims = jwt.decode(jake.token, options={"verify_signature": False})
    return jwt.encode(claims, "another secret, as long as the first one was", "HS256")


def cut_short(jake: Person) -> str:
    return jake.token[:-2]


@pytest.mark.parametrize("forge", [without_signature, signed_by_another, cut_short, lambda _: "", lambda _: "x y"])
@pytest.mark.parametrize("path", ["/user", "/articles", "/profiles/jake", "/articles/feed"])
def test_a_bad_token_is_refused_even_where_none_is_needed(api: Api, path: str, forge: object) -> None:
    jake = api.register("jake")
    answer = api.call("GET", path, headers={"Authorization": f"Token {forge(jake)}"})  # type: ignore[operator]
    assert answer.status_code == 401
    assert errors(answer) == {"token": ["is invalid"]}
    assert answer.headers["WWW-Authenticate"].startswith("Token")


@pytest.mark.parametrize(
    "path",
    [
        "/user",
        "/articles",
        "/articles?tag=none",
        "/articles?offset=9",
        "/articles/feed",
        "/articles/title",
        "/articles/none",
        "/articles/title/comments",
        "/articles/none/comments",
        "/profiles/jake",
        "/profiles/none",
    ],
)
def test_the_token_of_a_user_who_is_gone_is_refused(api: Api, path: str) -> None:
    jake, gone = api.register("jake"), api.register("gone")
    api.publish(jake, "Title")
    forget(api, gone)
    answer = api.get(path, gone)
    assert answer.status_code == 401
    assert errors(answer) == {"token": ["is of a user who is gone"]}


def test_a_new_user_never_inherits_the_token_of_one_who_is_gone(api: Api) -> None:
    gone = api.register("gone")
    forget(api, gone)
    api.register("new")
    assert api.get("/user", gone).status_code == 401


def test_writing_with_the_token_of_a_user_who_is_gone_is_refused(api: Api) -> None:
    jake, gone = api.register("jake"), api.register("gone")
    api.publish(jake, "Title")
    forget(api, gone)
    draft = {"title": "t", "description": "d", "body": "b"}
    answers = [
        api.put("/user", {"user": {"bio": "x"}}, gone),
        api.post("/articles", {"article": draft}, gone),
        api.put("/articles/title", {"article": {"body": "b"}}, gone),
        api.delete("/articles/title", gone),
        api.post("/articles/title/favorite", by=gone),
        api.delete("/articles/title/favorite", gone),
        api.post("/articles/title/comments", {"comment": {"body": "b"}}, gone),
        api.delete("/articles/title/comments/1", gone),
        api.post("/profiles/jake/follow", by=gone),
        api.delete("/profiles/jake/follow", gone),
    ]
    assert [answer.status_code for answer in answers] == [401] * len(answers)
    assert api.read("/articles")["articlesCount"] == 1


def forget(api: Api, person: Person) -> None:
    with api.client.application.app_context():
        db.session.execute(delete(User).where(User.username == person.name))
        db.session.commit()


@pytest.mark.parametrize(
    ("chosen", "typed"),
    [("caf\u00e9 au lait", "cafe\u0301 au lait"), ("cafe\u0301 au lait", "caf\u00e9\u00a0au lait")],
)
def test_a_password_is_the_same_however_a_keyboard_composes_it(chosen: str, typed: str) -> None:
    assert passwords.match(passwords.digest(chosen), typed)
    assert not passwords.match(passwords.digest(chosen), "cafe au lait")


def test_a_hash_of_a_password_as_it_was_typed_still_fits() -> None:
    typed = "cafe\u0301 au lait"
    assert passwords.match(passwords.hasher.hash(typed), typed)
