"""What an application looks at in a request, wherever it does: an answer that its key does not name is not stored."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import pytest
from flask import Blueprint, Flask, Request, Response, abort, after_this_request, g, request, request_started, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.http import dump_cookie

from hotroute import cache
from hotroute.cache import MemoryStore, hot
from tests.cache.http.site import TEXT, Answer, Site

pytestmark = pytest.mark.unit

ANNA = {"X-User": "anna"}
BOB = {"X-User": "bob"}


def user() -> str:
    return str(g.get("user"))


def find_user(*_: Any) -> None:
    g.user = request.headers.get("X-User")


def tell_apart(site: Site, path: str = "/page") -> Answer:
    """Each of two callers gets what is theirs; gives the second answer."""
    for _ in range(2):
        first, second = site.get(path, ANNA), site.get(path, BOB)
        assert (first.body, second.body) == (b"anna", b"bob")
    return second


Register = Callable[[Flask], Any]
HOOKS: dict[str, Register] = {
    "before_request": lambda app: app.before_request(find_user),
    "url_value_preprocessor": lambda app: app.url_value_preprocessor(find_user),
    "a signal": lambda app: request_started.connect(find_user, app),
}


@pytest.mark.parametrize("hook", HOOKS)
def test_what_runs_before_the_view_and_looks_at_a_caller_keeps_answers_apart(hook: str) -> None:
    site = Site().page(user)
    HOOKS[hook](site.app)
    site.start()
    assert tell_apart(site).detail == "UNKEYED-X-USER"


@pytest.mark.parametrize("hook", ["before_request", "before_app_request", "url_value_preprocessor"])
@pytest.mark.parametrize("level", ["outer", "inner"])
def test_hooks_of_nested_blueprints_keep_answers_apart(hook: str, level: str) -> None:
    app = Flask("nested")
    blueprints = {name: Blueprint(name, name) for name in ("outer", "inner")}
    getattr(blueprints[level], hook)(find_user)
    blueprints["inner"].add_url_rule("/page", "page", hot(tags=())(user))
    blueprints["outer"].register_blueprint(blueprints["inner"])
    app.register_blueprint(blueprints["outer"])
    cache.init_app(app, MemoryStore(), cache.CacheOptions((), ()))
    assert tell_apart(Site(app)).detail == "UNKEYED-X-USER"


def test_a_field_that_the_route_names_may_be_read_by_hooks_too() -> None:
    site = Site().page(user, vary=("X-User",))
    site.app.before_request(find_user)
    site.start()
    assert tell_apart(site).hit


@pytest.mark.parametrize(
    ("found", "detail"),
    [
        (lambda: request.host, "UNKEYED-HOST"),
        (lambda: request.url, "UNKEYED-HOST"),
        (lambda: request.scheme, "UNKEYED-SCHEME"),
        (lambda: request.is_secure, "UNKEYED-SCHEME"),
        (lambda: request.cookies.get("a"), "UNKEYED-COOKIE"),
        (lambda: request.authorization, "UNKEYED-AUTHORIZATION"),
        (lambda: request.accept_languages, "UNKEYED-ACCEPT-LANGUAGE"),
        (lambda: request.user_agent, "UNKEYED-USER-AGENT"),
        (lambda: request.remote_user, "UNKEYED-REMOTE-USER"),
        (lambda: session.get("name"), "VARY"),
        (lambda: request.remote_addr, "UNKEYED-REMOTE-ADDR"),
        (lambda: request.access_route, "UNKEYED-X-FORWARDED-FOR"),
        (lambda: request.environ["REMOTE_ADDR"], "UNKEYED-REMOTE-ADDR"),
        (lambda: request.environ.get("REMOTE_PORT"), "UNKEYED-REMOTE-PORT"),
        (lambda: request.headers.get("X-Forwarded-For"), "UNKEYED-X-FORWARDED-FOR"),
        (lambda: request.url_root, "UNKEYED-HOST"),
        (lambda: request.base_url, "UNKEYED-HOST"),
        (lambda: request.path, ""),
    ],
)
def test_each_part_of_a_request_that_a_hook_looks_at_counts(found: Callable[[], Any], detail: str) -> None:
    site = Site().page(lambda: str(g.found), share="everyone")
    site.app.secret_key = "for the session"
    site.app.before_request(lambda: setattr(g, "found", found()))
    answer = site.start().twice()
    assert (answer.detail, answer.hit) == ((detail, False) if detail else ("INSIDE", True))


def test_the_next_client_does_not_get_the_address_of_the_first() -> None:
    site = Site().page(lambda: f"Hello, {request.remote_addr}").start()
    for _ in range(2):
        answers = [site.get(environ_overrides={"REMOTE_ADDR": address}) for address in ("192.0.2.1", "192.0.2.2")]
        assert [answer.body for answer in answers] == [b"Hello, 192.0.2.1", b"Hello, 192.0.2.2"]
    assert answers[1].detail == "UNKEYED-REMOTE-ADDR"


def test_an_address_that_only_logs_and_limits_read_is_exempt_where_that_is_said() -> None:
    def count() -> None:
        print(request.access_route, request.remote_addr, request.environ.get("REMOTE_PORT"))

    for told in (
        {"log_only_headers": ("REMOTE_ADDR", "REMOTE_PORT", "X-Forwarded-For")},
        {"hooks_skipped_on_hit": (count,)},
    ):
        site = Site().page()
        site.app.before_request(count)
        assert site.start(**told).twice().hit


def test_a_caller_who_is_told_by_the_address_has_answers_of_their_own() -> None:
    site = Site().page(lambda: str(request.remote_addr), share="per-caller")
    site.start(identify_caller=lambda environ: environ.get("REMOTE_ADDR"))
    for hit in (False, True):
        for address in ("192.0.2.1", "192.0.2.2"):
            answer = site.get(environ_overrides={"REMOTE_ADDR": address})
            assert (answer.body, answer.hit) == (address.encode(), hit)


def test_a_session_that_says_no_vary_is_seen_as_read_all_the_same() -> None:
    class Own(SecureCookieSessionInterface):
        def save_session(self, *_: Any) -> None:
            pass

        def open_session(self, app: Flask, request: Request) -> Any:
            opened = super().open_session(app, request)
            assert isinstance(opened, SessionMixin)
            opened["name"] = request.cookies.get("name")
            opened.accessed = False
            return opened

    site = Site().page(lambda: str(g.name), share="everyone")
    site.app.secret_key, site.app.session_interface = "for the session", Own()
    site.app.before_request(lambda: setattr(g, "name", session["name"]))
    site.start()
    for name in ("anna", "bob"):
        answer = site.twice(headers={"Cookie": dump_cookie("name", name)})
        assert (answer.body, answer.detail) == (name.encode(), "UNKEYED-COOKIE")


def test_hooks_that_hits_do_without_may_look_at_anything_but_remember_nothing_for_the_view() -> None:
    class Own(Request):
        @cached_property
        def tenant(self) -> str:
            return self.headers.get("X-User", "nobody")

    for view, hit in ((lambda: TEXT, True), (lambda: request.tenant, False), (lambda: str(request.user_agent), False)):  # type: ignore[attr-defined]
        site = Site().page(view)
        site.app.request_class = Own
        site.app.before_request(look := lambda: print(request.tenant, request.user_agent))  # type: ignore[attr-defined]
        assert site.start(hooks_skipped_on_hit=(look,)).twice(headers=ANNA).hit is hit


@pytest.mark.parametrize(
    "look",
    [
        lambda: str(g.user),
        lambda: str(g.get("user")),
        lambda: str(g.user if "user" in g else ""),
        lambda: str(getattr(g, "user", "")),
        lambda: str(next(getattr(g, name) for name in g if name == "user")),
        lambda: str(g.pop("user")),
        lambda: str(g.setdefault("user", "")),
    ],
)
def test_what_a_hook_that_hits_do_without_leaves_in_g_counts_where_the_view_reads_it(look: Callable[[], str]) -> None:
    site = Site().page(look)
    site.app.before_request(find_user)
    site.start(hooks_skipped_on_hit=(find_user,))
    assert tell_apart(site).detail == "UNKEYED-G-USER"


def test_what_such_a_hook_leaves_for_what_comes_after_the_view_does_not_count() -> None:
    def begin() -> None:
        g.begun = 1

    def end(response: Response) -> Response:
        assert g.get("begun", 1) == 1
        return response

    site = Site().page(lambda: str(g.setdefault("own", "text")))
    site.app.before_request(begin)
    site.app.after_request(end)
    assert site.start(hooks_skipped_on_hit=(begin, end)).twice().hit


class Guard:
    """A hook that is no function, and answers itself."""

    def __call__(self) -> Any:
        return None if request.headers.get("X-User") == "anna" else "go away"


def test_a_skippable_hook_that_answers_itself_is_not_stored_as_the_view() -> None:
    site = Site().page()
    site.app.before_request(Guard())
    site.start(hooks_skipped_on_hit=("tests.cache.http.test_tracked_environ.Guard",))
    assert (site.get().body, site.get().detail) == (b"go away", "HOOK-ANSWERED")
    assert site.get(headers=ANNA).stored
    assert site.get().body == TEXT.encode()


def test_a_coroutine_may_be_skippable() -> None:
    async def look() -> None:
        assert request.headers

    site = Site().page()
    site.app.before_request(look)
    assert site.start(hooks_skipped_on_hit=(look,)).twice().hit


def test_what_is_read_for_logs_only_may_be_read() -> None:
    site = Site().page()
    site.app.before_request(lambda: print(request.user_agent, request.content_type))
    assert site.start(log_only_headers=("User-Agent", "Content-Type")).twice().hit


def test_what_runs_after_the_request_may_look_at_anything() -> None:
    site = Site().page()

    @site.app.after_request
    def greet(response: Response) -> Response:
        response.headers["X-Greeted"] = request.headers.get("X-User", "")
        return response

    site.app.teardown_request(lambda _: print(request.headers))
    site.start()
    site.get()
    for headers in (ANNA, BOB):
        answer = site.get(headers=headers)
        assert (answer.hit, answer.headers["X-Greeted"]) == (True, headers["X-User"])


def test_an_error_handler_is_watched_as_the_view_is() -> None:
    site = Site().page(lambda: abort(404), cache_statuses=(404,))
    site.app.register_error_handler(404, lambda _: (request.headers["X-User"], 404))
    assert tell_apart(site.start()).detail == "UNKEYED-X-USER"


@pytest.mark.parametrize("direct", [False, True])
def test_a_body_that_is_made_as_it_is_read_is_watched(direct: bool) -> None:
    def view() -> Response:
        environ = request.environ

        def parts() -> Iterator[bytes]:
            yield environ["HTTP_X_USER"].encode().ljust(5)

        return Response(parts(), headers={"Content-Length": "5"}, direct_passthrough=direct)

    site = Site().page(view).start()
    assert [site.get(headers=headers).body for headers in (ANNA, BOB)] == [b"anna ", b"bob  "]
    assert site.get(headers=ANNA).detail == "UNKEYED-X-USER"


def test_what_answers_in_the_views_place_is_watched() -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        body = environ["HTTP_X_USER"].encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    assert tell_apart(Site().page(lambda: application).start()).detail == "UNKEYED-X-USER"


def test_a_function_for_after_this_request_keeps_answers_apart_in_front_of_flask_too() -> None:
    def view() -> str:
        @after_this_request
        def replace(response: Response) -> Response:
            response.set_data(request.headers["X-User"])
            return response

        return TEXT

    assert tell_apart(Site().page(view).start()).detail == "AFTER-THIS-REQUEST"


def test_a_location_that_a_response_makes_absolute_names_the_host() -> None:
    class Absolute(Response):
        autocorrect_location_header = True

    for hook in (False, True):
        site = Site().page(lambda: Absolute(status=302, headers={"Location": "/new"}), cache_statuses=(302,))
        if hook:
            site.app.before_request(lambda: None)
        site.start()
        for host in ("evil.example", "good.example"):
            answer = site.twice(base_url=f"http://{host}")
            assert (answer.headers["Location"], answer.detail) == (f"http://{host}/new", "UNKEYED-HOST")


def taken_apart(environ: Any) -> Any:
    return dict(environ.popitem() for _ in range(len(environ)))


ENVIRONS: dict[str, Callable[[Any], Any]] = {
    "dict": dict,
    "a display": lambda environ: {**environ},
    "arguments": lambda environ: dict(**environ),
    "copy": lambda environ: environ.copy(),
    "a union": lambda environ: environ | {},
    "a union the other way": lambda environ: {} | environ,
    "items": lambda environ: dict(environ.items()),
    "keys and values": lambda environ: dict(zip(environ.keys(), environ.values(), strict=True)),
    "a loop": lambda environ: {name: environ[name] for name in environ},
    "pop": lambda environ: {"HTTP_X_USER": environ.pop("HTTP_X_USER")},
    "setdefault": lambda environ: {"HTTP_X_USER": environ.setdefault("HTTP_X_USER", "")},
    "popitem": lambda environ: taken_apart(environ.copy()),
}


@pytest.mark.parametrize("way", ENVIRONS)
def test_the_environment_is_watched_however_it_is_read(way: str) -> None:
    site = Site().page(lambda: ENVIRONS[way](request.environ)["HTTP_X_USER"]).start()
    assert tell_apart(site).detail in ("UNKEYED-X-USER", "UNKEYED-EVERY-FIELD", "UNKEYED-AUTH-TYPE")


@pytest.mark.parametrize(
    "name",
    ["REMOTE_USER", "AUTH_TYPE", "RAW_URI", "REQUEST_URI", "SSL_CLIENT_S_DN", "CONTENT_TYPE", "site.user", "HTTPS"],
)
def test_what_servers_and_middleware_say_of_a_caller_is_watched_too(name: str) -> None:
    site = Site().page(lambda: request.environ.get(name, ""), unknown_params="ignore").start()
    for value in ("anna", "bob"):
        answer = site.twice(environ_overrides={name: value})
        assert (answer.body, answer.detail) == (
            value.encode(),
            f"UNKEYED-{name.replace('_', '-').replace('.', '-').upper()}",
        )


def test_what_a_hook_puts_into_the_environment_itself_may_be_read() -> None:
    site = Site().page(lambda: request.environ["site.began"])

    @site.app.before_request
    def begin() -> None:
        request.environ["site.began"] = "now"

    assert site.start().twice().hit


def test_the_content_type_is_a_header_field_as_others_are() -> None:
    def view() -> str:
        return f"{request.content_type} {request.is_json}"

    plain: dict[str, Any] = {}
    for options, hit in ((plain, False), ({"vary": ("Content-Type",)}, True)):
        site = Site().page(view, **options).start()
        for value in ("application/json", "text/plain"):
            answer = site.twice(headers={"Content-Type": value})
            assert (answer.hit, answer.body.split()[0]) == (hit, value.encode())


def test_the_scheme_is_in_the_key_where_the_host_is() -> None:
    plain: dict[str, Any] = {}
    for options, hit in ((plain, False), ({"host": True}, True)):
        site = Site().page(lambda: f"{request.scheme} {request.is_secure}", **options).start()
        for scheme in ("http", "https"):
            answer = site.twice(base_url=f"{scheme}://localhost")
            assert (answer.hit, answer.body.split()[0]) == (hit, scheme.encode())


def test_middleware_within_the_cache_that_makes_another_environment_is_not_trusted() -> None:
    site = Site().page(lambda: request.environ["HTTP_X_USER"])
    inner = site.app.wsgi_app
    site.app.wsgi_app = lambda environ, start: inner({**environ}, start)  # type: ignore
    assert tell_apart(site.start()).detail == "UNKEYED-EVERY-FIELD"
