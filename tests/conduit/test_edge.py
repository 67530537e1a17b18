"""The edge to HTTP: CORS, limits, request ids, health, and access to every route declared."""

import json
import logging
from tempfile import TemporaryDirectory

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from conduit.config import Settings
from hotroute import logging as hotroute_logging
from hotroute.api.operations import declared
from tests.api import PASSWORD, Api, errors, running
from tests.cache.failure.servers import redis_of_its_own
from tests.servers import wait_until

FRONT = {"Origin": "https://front.example"}
OTHER = {"Origin": "https://other.example"}


def test_a_page_of_a_listed_origin_may_call_the_api(api: Api) -> None:
    answer = api.call("GET", "/articles", headers=FRONT)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://front.example"
    assert "Origin" in answer.headers["Vary"]
    assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_errors_can_be_read_by_that_page_too(api: Api) -> None:
    for path in ("/articles/none", "/user", "/nothing"):
        assert api.call("GET", path, headers=FRONT).headers["Access-Control-Allow-Origin"] == FRONT["Origin"]


def test_a_preflight_allows_what_front_ends_send(api: Api) -> None:
    asked = {
        **FRONT,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization, content-type, x-requested-with",
    }
    answer = api.call("OPTIONS", "/articles/some-slug", headers=asked)
    assert answer.status_code == 200
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in allowed for name in ("authorization", "content-type", "x-requested-with"))


def test_pages_of_other_origins_may_not(api: Api) -> None:
    assert "Access-Control-Allow-Origin" not in api.call("GET", "/articles", headers=OTHER).headers


def test_production_allows_no_origin_unasked(settings: Settings) -> None:
    with running(settings, cors_origins=()) as api:
        assert "Access-Control-Allow-Origin" not in api.call("GET", "/nothing", headers=FRONT).headers


def test_an_account_is_tried_so_often_and_another_one_is_not_disturbed(
    settings: Settings, app: Flask, api: Api
) -> None:
    jake, anna = api.register("jake"), api.register("anna")
    wrong = {"user": {"email": jake.email, "password": "wrong password"}}
    right = {"user": {"email": anna.email, "password": PASSWORD}}
    with running(settings, login_rate_limit="3 per minute") as limited:
        answers = [limited.post("/users/login", wrong) for _ in range(4)]
        undisturbed = limited.post("/users/login", right)
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert 0 < int(answers[3].headers["Retry-After"]) <= 61
    assert errors(answers[3]) == {"body": ["too many attempts, try again later"]}
    assert undisturbed.status_code == 200


def try_login(api: Api, email: str, password: str, address: str) -> TestResponse:
    credentials = {"user": {"email": email, "password": password}}
    return api.client.post("/api/users/login", json=credentials, environ_base={"REMOTE_ADDR": address})


@pytest.mark.parametrize(
    "addresses",
    [
        ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8:0:0:ffff::2", "2001:db8:0:1::1"),
    ],
)
def test_wrong_logins_from_one_network_do_not_keep_the_owner_out(
    settings: Settings, app: Flask, api: Api, addresses: tuple[str, str, str]
) -> None:
    attacker, same, owner = addresses
    jake = api.register("jake")
    with running(settings, login_rate_limit="2 per hour", account_rate_limit="4 per hour") as limited:
        wrong = [try_login(limited, jake.email, "wrong password", attacker).status_code for _ in range(6)]
        assert wrong == [401, 401, 429, 429, 429, 429]
        assert try_login(limited, jake.email, PASSWORD, same).status_code == 429
        assert try_login(limited, jake.email, PASSWORD, owner).status_code == 200


def test_an_account_is_tried_so_often_from_all_networks_together(settings: Settings, app: Flask, api: Api) -> None:
    jake = api.register("jake")
    with running(settings, login_rate_limit="2 per hour", account_rate_limit="3 per hour") as limited:
        tried = [try_login(limited, jake.email, "wrong password", f"192.0.2.{n}").status_code for n in range(5)]
    assert tried == [401, 401, 401, 429, 429]


def test_two_workers_count_together(settings: Settings, app: Flask, api: Api) -> None:
    login = {"user": {"email": "both@example.com", "password": "wrong password"}}
    rate = "2 per minute"
    with running(settings, login_rate_limit=rate) as one, running(settings, login_rate_limit=rate) as other:
        answers = [worker.post("/users/login", login).status_code for worker in (one, other, one, other)]
    assert answers == [401, 401, 429, 429]


def test_redis_may_be_on_a_socket(settings: Settings, app: Flask) -> None:
    # Under /tmp itself: the name of a socket has a hundred bytes at the most.
    with TemporaryDirectory(dir="/tmp") as folder, redis_of_its_own("--unixsocket", f"{folder}/redis") as server:
        with running(settings, redis_url=f"unix://{folder}/redis", login_rate_limit="1 per minute") as api:
            jake = api.register("jake")
            login = {"user": {"email": jake.email, "password": PASSWORD}}
            assert [api.post("/users/login", login).status_code for _ in range(2)] == [200, 429]
            assert api.client.get("/readyz").json["status"] == "ready"  # type: ignore[index]
            wait_until(lambda: "; hit" in api.get("/tags").headers["Cache-Status"], "a hit")
        assert server.client.keys("LIMITS*")


def test_registrations_are_limited_too(settings: Settings, app: Flask) -> None:
    user = {"user": {"username": "limited", "email": "limited@example.com", "password": PASSWORD}}
    with running(settings, registration_rate_limit="2 per minute") as limited:
        answers = [limited.post("/users", user).status_code for _ in range(4)]
    assert answers == [201, 422, 429, 429]


def test_an_answer_carries_the_request_id_of_the_proxy_or_one_of_its_own(api: Api) -> None:
    given = "0123456789abcdef0123456789abcdef"
    assert api.call("GET", "/tags", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given
    for forged in ("short", "x" * 65, 'with "quotes" and spaces', "", "a\tb\tc\td\te"):
        made = api.call("GET", "/tags", headers={"X-Request-Id": forged}).headers["X-Request-Id"]
        assert made != forged
        assert len(made) == 32
    assert api.get("/nothing").headers["X-Request-Id"] != api.get("/nothing").headers["X-Request-Id"]


def test_a_request_is_one_line_without_secrets(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    jake = api.register("jake")
    caplog.clear()
    caplog.set_level(logging.INFO)
    api.call("GET", "/articles?tag=private", by=jake, headers={"X-Request-Id": "a-request-of-mine"})
    formatter = hotroute_logging.JsonLine()
    lines = []
    for record in caplog.records:
        hotroute_logging.RequestId().filter(record)
        lines.append(json.loads(formatter.format(record)))
    (line,) = lines
    assert {name: line[name] for name in ("logger", "level", "message", "method", "path", "status", "client")} == {
        "logger": "hotroute.request",
        "level": "INFO",
        "message": "request",
        "method": "GET",
        "path": "/api/articles",
        "status": 200,
        "client": "127.0.0.1",
    }
    assert line["request_id"] == "a-request-of-mine"
    assert line["time"].endswith("+00:00")
    assert line["bytes"] > 0
    assert jake.token not in str(lines)
    assert "private" not in str(lines)


def test_nothing_that_people_write_gets_into_the_log_of_an_error(
    api: Api, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = {"username": "jake", "email": "jake@example.com", "password": PASSWORD}
    # A value of a type that no database takes: the error is SQLAlchemy's own, with the statement in it.
    monkeypatch.setattr("conduit.services.passwords.digest", lambda _: {"not": "a string"})
    assert api.post("/users", {"user": user}).status_code == 500
    assert "INSERT INTO users" in caplog.text
    assert "jake@example.com" not in caplog.text


def test_only_as_many_proxies_are_believed_as_there_are(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    forwarded = {"X-Forwarded-For": "6.6.6.6, 192.0.2.7"}
    for proxies, client in ((0, "127.0.0.1"), (1, "192.0.2.7"), (2, "6.6.6.6")):
        caplog.clear()
        with running(settings, trusted_proxies=proxies) as api:
            api.call("GET", "/nothing", headers=forwarded)
        assert [record.client for record in caplog.records if record.name == "hotroute.request"] == [client]  # type: ignore[attr-defined]


def test_health(api: Api) -> None:
    assert api.client.get("/healthz").json == {"status": "alive"}
    ready = api.client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json == {"status": "ready", "checks": {"database": "ok", "cache": "ok"}}


OPEN = {"health.healthz", "health.readyz", "docs.document", "docs.page", "docs.static-hotroute-api.file"}


def test_every_route_declares_who_may_call_it(session_app: Flask) -> None:
    for rule in session_app.url_map.iter_rules():
        operation = declared(session_app.view_functions[rule.endpoint])
        assert rule.endpoint in OPEN | ASKING_THEMSELVES or operation is not None, rule


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Token forged"}])
def test_routes_without_a_declaration_ask_for_a_caller_themselves(
    session_app: Flask, api: Api, headers: dict[str, str]
) -> None:
    rules = [rule for rule in session_app.url_map.iter_rules() if rule.endpoint in ASKING_THEMSELVES]
    assert {rule.endpoint for rule in rules} == ASKING_THEMSELVES
    for rule in rules:
        built = rule.build(dict.fromkeys(rule.arguments, "x"))
        assert built is not None
        method = "DELETE" if rule.endpoint == "jobs.cancel_job" else "GET"
        assert api.client.open(built[1], method=method, headers=headers).status_code == 401, rule


ASKING_THEMSELVES = {"jobs.show_job", "jobs.show_result", "jobs.cancel_job", "exports.download"}
WITHOUT_A_CALLER = {
    "GetLinkPreviews",
    "GetArticles",
    "GetArticle",
    "GetArticleComments",
    "GetProfileByUsername",
    "GetTags",
}


def test_whatever_changes_something_or_is_personal_needs_a_caller(session_app: Flask, api: Api) -> None:
    """Deny by default: an operation that is not on the list is refused without a token, and with a forged one."""
    walked = 0
    for rule in session_app.url_map.iter_rules():
        operation = declared(session_app.view_functions[rule.endpoint])
        if operation is None or operation.id in WITHOUT_A_CALLER | {"Login", "CreateUser"}:
            continue
        (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        built = rule.build(dict.fromkeys(rule.arguments, 1))
        assert built is not None
        for headers in ({}, {"Authorization": "Token forged"}, {"Authorization": "Basic abc"}):
            answer = api.client.open(built[1], method=method, json={}, headers=headers)
            assert answer.status_code == 401, rule
        walked += 1
    assert walked == 14
