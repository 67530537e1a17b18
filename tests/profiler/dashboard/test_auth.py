"""Nobody sees the profiler without its password, and guessing it is slow."""

from base64 import b64encode

import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hotroute.profiler.dashboard import auth, login_throttle
from hotroute.profiler.dashboard.login_throttle import LoginThrottle

pytestmark = pytest.mark.unit

USERNAME, PASSWORD = "admin", "correct horse battery staple"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    auth.init_app(app, USERNAME, PASSWORD, page=lambda status, words: f"<h1>{status}</h1>{words}")
    private = Blueprint("private", __name__)
    private.add_url_rule("/private", "page", lambda: "seen")
    private.add_url_rule("/broken", "broken", lambda: str(1 // 0))
    auth.protect(private)
    app.register_blueprint(private)
    library = Blueprint("library", __name__)
    library.add_url_rule("/library", "page", lambda: "seen")
    app.register_blueprint(library)
    auth.protect_registered(app, "library")
    app.add_url_rule("/public", "public", lambda: "open")
    return app.test_client()


def ask(
    client: FlaskClient, password: str = PASSWORD, *, username: str = USERNAME, path: str = "/private", **options: str
) -> TestResponse:
    address = options.get("address", "192.0.2.1")
    return client.get(path, auth=(username, password), environ_overrides={"REMOTE_ADDR": address})


@pytest.mark.parametrize("path", ["/private", "/library"])
def test_the_right_password_lets_in(client: FlaskClient, path: str) -> None:
    response = ask(client, path=path)
    assert (response.status_code, response.text) == (200, "seen")


@pytest.mark.parametrize("path", ["/private", "/library"])
def test_nobody_gets_in_without_one(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Basic realm="profiler", charset="UTF-8"'
    assert "seen" not in response.text


@pytest.mark.parametrize(
    ("username", "password"),
    [
        (USERNAME, "wrong"),
        ("someone", PASSWORD),
        (USERNAME, ""),
        ("", ""),
        (USERNAME, PASSWORD + " "),
        (PASSWORD, USERNAME),
        (USERNAME, "ö"),
    ],
)
def test_another_username_or_password_does_not(client: FlaskClient, username: str, password: str) -> None:
    assert ask(client, password, username=username).status_code == 401


@pytest.mark.parametrize("header", ["", "Basic", "Basic ===", "Basic YQ==", "Bearer x", "Token x", "Basic \xff"])
def test_a_header_that_is_something_else_does_not(client: FlaskClient, header: str) -> None:
    assert client.get("/private", headers={"Authorization": header}).status_code == 401


def test_credentials_may_be_beyond_ascii() -> None:
    app = Flask(__name__)
    auth.init_app(app, "jürgen", "pässwörd")
    with app.test_request_context(headers={"Authorization": f"Basic {b64encode('jürgen:pässwörd'.encode()).decode()}"}):
        assert auth.check() is None


@pytest.mark.parametrize("path", ["/private", "/library", "/broken"])
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_every_answer_is_kept_by_nobody_and_framed_by_nobody(client: FlaskClient, path: str, password: str) -> None:
    headers = ask(client, password, path=path).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


def test_what_is_not_the_profilers_is_left_alone(client: FlaskClient) -> None:
    response = client.get("/public")
    assert response.text == "open"
    assert "Content-Security-Policy" not in response.headers


def test_after_too_many_wrong_passwords_an_address_must_wait(client: FlaskClient) -> None:
    answers = [ask(client, "wrong").status_code for _ in range(login_throttle.BURST)]
    assert answers == [401] * login_throttle.BURST
    refused = ask(client)
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= login_throttle.EVERY
    assert ask(client, address="192.0.2.2").status_code == 200


def test_the_right_password_is_never_counted(client: FlaskClient) -> None:
    for _ in range(2 * login_throttle.BURST):
        assert ask(client).status_code == 200


def test_asking_without_a_password_is_not_counted(client: FlaskClient) -> None:
    for _ in range(2 * login_throttle.BURST):
        client.get("/private", environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert ask(client).status_code == 200


def test_attempts_come_back_one_at_a_time() -> None:
    now = [0.0]
    tried = LoginThrottle(clock=lambda: now[0])
    for _ in range(login_throttle.BURST):
        assert tried.wait("192.0.2.1") == 0
        tried.failed("192.0.2.1")
    assert tried.wait("192.0.2.1") == login_throttle.EVERY
    now[0] += login_throttle.EVERY
    assert tried.wait("192.0.2.1") == 0
    tried.failed("192.0.2.1")
    assert tried.wait("192.0.2.1") == login_throttle.EVERY
    now[0] += 1000 * login_throttle.EVERY
    tried.failed("192.0.2.1")
    assert tried.wait("192.0.2.1") == 0


def test_all_addresses_of_one_ipv6_network_are_one() -> None:
    tried = LoginThrottle(clock=lambda: 0.0)
    for number in range(login_throttle.BURST):
        tried.failed(f"2001:db8:0:1::{number:x}")
    assert tried.wait("2001:db8:0:1:ffff::1") > 0
    assert tried.wait("2001:db8:0:2::1") == 0
    for number in range(login_throttle.BURST):
        tried.failed(f"::ffff:192.0.2.{number}")
    assert tried.wait("::ffff:192.0.2.200") == 0


def test_the_memory_for_addresses_is_bounded() -> None:
    tried = LoginThrottle(clock=lambda: 0.0)
    for number in range(login_throttle.ADDRESSES + 50):
        tried.failed(f"address {number}")
    assert len(tried.failures) == login_throttle.ADDRESSES
    assert "address 49" not in tried.failures


def test_a_browser_gets_a_page_and_a_program_gets_words(client: FlaskClient) -> None:
    page = client.get("/private", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (page.mimetype, page.text[:12]) == ("text/html", "<h1>401</h1>")
    words = client.get("/private", headers={"Accept": "*/*"})
    assert (words.mimetype, words.text) == ("text/plain", f"{auth.MISSING}\n")


@pytest.mark.parametrize(
    ("username", "password", "words"),
    [("admin", "", "PROFILER_PASSWORD"), ("", "x", "PROFILER_USERNAME"), ("a:b", "x", "colon")],
)
def test_an_application_does_not_start_without_a_password(username: str, password: str, words: str) -> None:
    with pytest.raises(auth.NoPassword, match=words):
        auth.init_app(Flask(__name__), username, password)


def test_nobody_is_let_in_where_the_guard_was_forgotten() -> None:
    app = Flask(__name__)
    private = Blueprint("private", __name__)
    private.add_url_rule("/private", "page", lambda: "seen")
    auth.protect(private)
    app.register_blueprint(private)
    response = app.test_client().get("/private", auth=(USERNAME, PASSWORD))
    assert response.status_code == 500
    assert "seen" not in response.text
