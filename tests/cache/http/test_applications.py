"""Views and WSGI applications of all kinds behind the cache: errors, streams, classes, coroutines, decorators."""

import asyncio
import secrets
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

import pytest
from flask import Blueprint, Flask, Response, current_app, send_file
from flask.views import MethodView, View
from sqlalchemy import create_engine
from werkzeug.routing import BaseConverter
from werkzeug.test import create_environ, run_wsgi_app
from werkzeug.wsgi import FileWrapper

from hotroute import cache
from hotroute.cache import MemoryStore, RedisClient, RedisStore, hot
from hotroute.cache.store.base import LookupState
from hotroute.cache.store.memory import NOBODY
from tests.cache.http.site import TEXT, Site
from tests.servers import wait_until


class Asked(MemoryStore):
    """That tells whether somebody holds a lease."""

    @property
    def led(self) -> bool:
        return any(lease.leader != NOBODY for lease in self.leases.values())


def test_a_view_that_fails_frees_its_lease_for_the_next() -> None:
    store = Asked()
    fails = [True]

    def view() -> str:
        assert store.led
        if fails[0]:
            raise RuntimeError("no")
        return TEXT

    site = Site(store=store).page(view).start()
    assert (site.get().status, store.led) == (500, False)
    fails[0] = False
    assert (site.get().stored, store.led) == (True, False)


def test_an_error_that_reaches_the_server_frees_it_too() -> None:
    store = Asked()
    site = Site(store=store).page(lambda: 1 / 0)
    site.app.testing = True
    site.start()
    with pytest.raises(ZeroDivisionError):
        site.get()
    assert not store.led


def test_a_decoration_that_fails_frees_the_lease_too() -> None:
    def decorate(_environ: Any) -> Any:
        raise RuntimeError("no")

    site = Site(store=(store := Asked())).page().start(per_response_headers=decorate)
    with pytest.raises(RuntimeError):
        site.get()
    assert not store.led


class NeedsFlask(BaseConverter):
    def to_python(self, value: str) -> str:
        return current_app.name + value


def test_a_converter_that_needs_flask_is_no_error_and_not_hot(caplog: pytest.LogCaptureFixture) -> None:
    site = Site()
    site.app.url_map.converters["needs"] = NeedsFlask
    site.page(lambda name: name, "/<needs:name>").start()
    for path in ("/a", "/b"):
        answer = site.twice(path)
        assert (answer.status, answer.body, answer.cache) == (200, f"site{path[1:]}".encode(), "")
    assert caplog.text.count("a URL converter failed outside Flask") == 1


def behind(application: Callable[..., Iterable[bytes]], store: MemoryStore) -> Flask:
    """A hot page that Flask would answer, if `application` was not there first."""
    site = Site(store=store).page()
    site.app.wsgi_app = application  # type: ignore[method-assign]
    return site.start().app


class Body:
    """An iterable that says whether it was closed."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts, self.closed, self.read = parts, 0, 0

    def __iter__(self) -> Iterator[bytes]:
        for part in self.parts:
            self.read += 1
            yield part

    def close(self) -> None:
        self.closed += 1


class Server:
    """That takes what is written."""

    def __init__(self) -> None:
        self.sent, self.headers = list[bytes](), dict[str, str]()

    def start(self, _status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], Any]:
        self.headers |= headers
        return self.sent.append


def ask(app: Any, method: str = "GET") -> tuple[bytes, str, Any]:
    parts, status, headers = run_wsgi_app(app, create_environ("/page", method=method), buffered=True)
    return b"".join(parts), status, headers


def test_a_body_that_fails_in_the_middle_is_an_error_closed_and_not_stored() -> None:
    store = Asked()

    def parts() -> Iterator[bytes]:
        yield b"half"
        raise OSError("gone")

    body = Body(parts())

    def application(_environ: Any, start_response: Any) -> Body:
        start_response("200 OK", [("Content-Length", "8")])
        return body

    app = behind(application, store)
    with pytest.raises(OSError, match="gone"):
        ask(app)
    assert (body.closed, store.led, store.entries) == (1, False, {})


def test_an_application_that_starts_late_is_stored() -> None:
    def application(_environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Length", "4")])
        yield b"late"

    app = behind(application, MemoryStore())
    assert [ask(app)[2]["Cache-Status"], ask(app)[0]] == ["Hotroute; fwd=miss; stored", b"late"]


def test_one_that_starts_late_and_streams_is_not_read_ahead() -> None:
    body = Body(b"x" for _ in range(1000))

    def application(_environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield from body

    app = behind(application, MemoryStore())
    parts, _, headers = run_wsgi_app(app, create_environ("/page"))
    assert (headers["Cache-Status"].rpartition("=")[2], body.read) == ("STREAMED", 1)
    assert len(b"".join(parts)) == 1000


@pytest.mark.parametrize("length", [None, 2 * 1024 * 1024])
def test_a_stream_is_passed_through_as_it_comes_and_closed(length: int | None) -> None:
    body = Body(b"x" * 1024 for _ in range(2048))

    def application(_environ: Any, start_response: Any) -> Body:
        start_response("200 OK", [("Content-Length", str(length))] if length else [])
        return body

    app = behind(application, MemoryStore())
    parts = app.wsgi_app(create_environ("/page"), lambda *_: lambda _: None)
    assert (body.read, parts) == (0, body)
    assert ask(app, "HEAD")[0] == b""
    assert body.closed == 1


def test_an_endless_body_is_cut_where_it_said_that_it_ends() -> None:
    body = Body(b"xxxx" for _ in iter(int, 1))

    def application(_environ: Any, start_response: Any) -> Body:
        start_response("200 OK", [("Content-Length", "8")])
        return body

    text, _, headers = ask(behind(application, MemoryStore()))
    assert (body.read, body.closed, headers["Cache-Status"].rpartition("=")[2]) == (3, 1, "INCOMPLETE")
    assert text.startswith(b"xxxxxxxx")


def test_what_is_written_goes_out_and_is_not_stored() -> None:
    def application(_environ: Any, start_response: Any) -> list[bytes]:
        write = start_response("200 OK", [("Content-Length", "8")])
        write(b"half")
        return [b"half"]

    app = behind(application, store := Asked())
    for method, expected in (("GET", b"halfhalf"), ("GET", b"halfhalf"), ("HEAD", b"")):
        server = Server()
        rest = app.wsgi_app(create_environ("/page", method=method), server.start)
        assert b"".join([*server.sent, *rest]) == expected
        assert server.headers["Cache-Status"].endswith("detail=STREAMED")
    assert not store.led


def test_an_application_may_start_again_with_an_error() -> None:
    def application(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "4")])
        try:
            raise RuntimeError
        except RuntimeError as error:
            start_response("500 Oh", [("Content-Length", "2")], (RuntimeError, error, error.__traceback__))
        return [b"no"]

    text, status, headers = ask(behind(application, MemoryStore()))
    assert (text, status, headers["Cache-Status"].rpartition("=")[2]) == (b"no", "500 Oh", "STATUS")


def test_the_servers_own_file_wrapper_reaches_it_untouched(tmp_path: Any) -> None:
    class Wrapper(FileWrapper):
        pass

    for size, whole in ((10, True), (2 * 1024 * 1024, False)):
        file = tmp_path / str(size)
        file.write_bytes(b"x" * size)
        site = Site().page(lambda file=file: send_file(file)).start()
        environ = create_environ("/page") | {"wsgi.file_wrapper": Wrapper}
        parts = site.app.wsgi_app(environ, lambda *_: lambda _: None)
        assert isinstance(parts, list) == whole
        assert len(b"".join(parts)) == size
        if not whole:
            parts.close()  # type: ignore[attr-defined]


def test_a_coroutine_is_a_view_too() -> None:
    site = Site()

    @site.app.get("/page")
    @hot(tags=())
    async def page() -> str:
        await asyncio.sleep(0)
        site.runs.append({})
        return TEXT

    site.start()
    assert (site.twice().hit, len(site.runs)) == (True, 1)


def test_a_class_of_views_is_hot_by_its_decorators_or_as_a_class() -> None:
    class Decorated(View):
        decorators = [hot(tags=())]  # noqa: RUF012

        def dispatch_request(self) -> str:
            return TEXT

    @hot(tags=())
    class Marked(MethodView):
        def get(self) -> str:
            return TEXT

    site = Site()
    site.app.add_url_rule("/decorated", view_func=Decorated.as_view("decorated"))
    site.app.add_url_rule("/marked", view_func=Marked.as_view("marked"))
    site.start()
    assert [site.twice(path).hit for path in ("/decorated", "/marked")] == [True, True]


def guarded(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def guard(**arguments: Any) -> Any:
        return view(**arguments)

    return guard


def test_a_decorator_that_a_hit_would_skip_is_refused() -> None:
    class Guarded(View):
        decorators = [hot(), guarded]  # noqa: RUF012

    @hot()
    class Marked(View):
        decorators = [guarded]  # noqa: RUF012

    for view in (guarded(hot()(lambda: TEXT)), Guarded.as_view("guarded"), Marked.as_view("marked")):
        site = Site()
        site.app.add_url_rule("/page", "page", view)
        with pytest.raises(ValueError, match="right below the route's decorator"):
            site.start()
    inside = Site()
    inside.app.add_url_rule("/page", "page", hot(tags=())(guarded(lambda: TEXT)))
    assert inside.start().twice().hit


def test_a_route_that_answers_unsafe_methods_is_refused() -> None:
    site = Site()
    site.app.add_url_rule("/page", "page", hot()(lambda: TEXT), methods=["GET", "POST"])
    with pytest.raises(ValueError, match="page is hot and answers POST"):
        site.start()


def test_routes_by_host_or_subdomain_are_refused() -> None:
    by_host = Flask("hosts", host_matching=True, static_host="a")
    by_subdomain = Flask("subdomains", subdomain_matching=True)
    for app, options in (
        (by_host, {"host": "a"}),
        (by_subdomain, {"subdomain": "a"}),
        (Flask("x"), {"subdomain": "a"}),
    ):
        app.add_url_rule("/page", "page", hot()(lambda: TEXT), **options)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="by host or subdomain"):
            Site(app).start()


def test_a_tag_that_names_what_the_route_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'note:\{slug\}' names slug"):
        Site().page(tags=("note:{slug}",)).start()
    with pytest.raises(ValueError, match="another name"):
        Site().page(lambda caller: caller, "/<caller>", tags=("all",)).start()


def test_a_hot_route_that_comes_too_late_is_refused() -> None:
    late = Blueprint("late", "late")
    late.add_url_rule("/late", "page", hot()(lambda: TEXT))
    site = Site().page().start()
    for register in (
        lambda: site.page(rule="/late"),
        lambda: site.app.get("/late")(hot()(lambda: TEXT)),
        lambda: site.app.register_blueprint(late),
        lambda: site.app.add_url_rule("/other", "/page", methods=["POST"]),
    ):
        with pytest.raises(ValueError, match=r"after all routes are registered"):
            register()
    site.app.add_url_rule("/cold", "cold", lambda: TEXT)
    assert site.get("/cold").body == TEXT.encode()


def test_an_engine_that_is_none_is_refused() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection, pytest.raises(ValueError, match="engines are"):
        cache.init_app(Flask("x"), MemoryStore(), cache.CacheOptions((connection,), ()))  # type: ignore[arg-type]
    engine.dispose()


def test_a_second_cache_in_front_is_refused() -> None:
    site = Site().page().start()
    with pytest.raises(ValueError, match="already"):
        site.start()


def test_redirections_to_the_right_slash_are_flasks() -> None:
    site = Site().page(rule="/folder/").start()
    answer = site.get("/folder")
    assert (answer.status, answer.headers["Location"], answer.cache) == (308, "http://localhost/folder/", "")
    assert site.twice("/folder/").hit


@pytest.mark.parametrize("slug", ["a:b", "a{b}", "{caller}", "a\nb", "ü", "a" * 5000, "a%0Ab", " ", "a'b\"", "𝄞"])
def test_a_tag_takes_any_argument_and_is_invalidated_by_it(slug: str) -> None:
    site = Site().page(lambda slug: slug, "/notes/<slug>", tags=("note:{slug}",)).start()
    environ = {"PATH_INFO": f"/notes/{slug}".encode().decode("latin-1")}
    assert site.twice("/", environ_overrides=environ).hit
    cache.invalidate_now(site.store, ["note:other"])
    assert site.get("/", environ_overrides=environ).hit
    cache.invalidate_now(site.store, [f"note:{slug}"])
    assert site.get("/", environ_overrides=environ).stored


def test_nobody_waits_for_a_leader_that_had_no_answer_to_store() -> None:
    site = Site().page(lambda: Response(TEXT, headers={"Cache-Control": "no-store"})).start()
    question_states = []
    look = site.store.look
    site.store.look = lambda question: question_states.append(look(question)) or question_states[-1]  # type: ignore
    site.twice()
    assert [answer.state for answer in question_states] == [LookupState.LEAD, LookupState.LEAD]


def test_answers_in_the_memory_of_one_process_are_not_for_several(caplog: pytest.LogCaptureFixture) -> None:
    store = Asked()
    site = Site(store=store).page().start()
    several: dict[str, Any] = {"environ_overrides": {"wsgi.multiprocess": True}}
    for _ in range(2):
        assert site.get(**several).cache == "Hotroute; fwd=bypass; detail=SEVERAL-PROCESSES"
    assert len(site.runs) == 2
    assert len([text for text in caplog.messages if "in the memory of one" in text]) == 1
    assert site.get().stored
    assert site.get().hit


def test_answers_in_redis_are_for_several_processes(redis_url: str) -> None:
    link = RedisClient(redis_url, timeout=5)
    site = Site(store=RedisStore(link, f"test:{secrets.token_hex(4)}:", mark_ttl=0.1)).page().start()
    wait_until(lambda: site.get(environ_overrides={"wsgi.multiprocess": True}).hit, "a hit")
    link.pool.disconnect()
