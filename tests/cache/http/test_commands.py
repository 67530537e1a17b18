"""`hotroute explain` and `hotroute invalidate`, with a real server."""

import re
import subprocess
from collections.abc import Callable

import pytest
from flask import Flask
from flask_caching import Cache

from hotroute import cache
from hotroute.cache import MemoryStore, hot
from hotroute.cache.cli import explain, invalidate
from tests import servers
from tests.cache.flask_caching.conftest import REDIS
from tests.cache.http.conftest import answer
from tests.cache.http.site import Site

APP = "tests.cache.http.served:app"
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(served: servers.Server) -> Run:
    def hotroute(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [servers.PROGRAMS / "hotroute", *words],
            env={**served.environ, **environ}, cwd=servers.ROOT, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip

    return hotroute


@pytest.fixture
def url(served: servers.Server) -> str:
    return f"http://127.0.0.1:{served.environ['APP_PORT']}"


def test_explain_tells_a_miss_from_a_hit_and_names_the_key(run: Run, url: str) -> None:
    told = run("explain", f"{url}/long?page=a%20b&page=c", "--app", APP)
    assert (told.returncode, told.stderr) == (0, "")
    expected = [
        r"1\. 200  Cache-Status: Hotroute; fwd=miss; stored",
        r"   there was no answer that holds; the view made one, which was stored",
        r"2\. 200  Cache-Status: Hotroute; hit; ttl=\d+",
        r"   answered from the cache, \d+ s after it was made; kept for \d+ s more, unless a write changes what it .*",
        r"Route: long",
        r"Key: script='', path='/long', query page='a b', query page='c'",
        r"Depends on: long",
    ]
    assert re.fullmatch("\n".join(expected) + "\n", told.stdout), told.stdout


@pytest.mark.parametrize(
    ("path", "headers", "why"),
    [
        ("/long?other=1", {}, "the query has a parameter that the route does not declare"),
        ("/notes/1", {"Authorization": "Bearer x"}, "whose credentials these are cannot be told"),
        ("/cookie", {}, "the answer sets a cookie"),
        ("/nowhere", {}, "no hot route has this path"),
        ("/long", {"Cache-Control": "no-store"}, "the request says Cache-Control: no-store"),
    ],
)
def test_explain_says_why_there_is_no_hit(url: str, path: str, headers: dict[str, str], why: str) -> None:
    assert "\n".join(explain.report(url + path, headers)).count(why) == 2


def test_explain_says_that_a_writer_may_have_come_between(served: servers.Server, url: str) -> None:
    write = {"Content-Type": "application/json"}, "PUT", b'{"text": "x"}'
    answer(served, "/notes/3", *write)
    told = explain.report(f"{url}/notes/3", {})
    assert "fwd=miss; stored" in next(told)
    answer(served, "/notes/3", *write)
    assert list(told)[-1] == explain.AGAIN


def test_explain_names_the_route_without_a_key_and_what_it_depends_on(run: Run, url: str) -> None:
    told = run("explain", f"{url}/notes/1?other=1", "-H", "Cookie: a=1", "--app", APP).stdout
    assert "Route: read\nKey: none, whose credentials" in told
    assert "Depends on: the tables that its statements read" in told


def test_explain_says_what_it_cannot_do(url: str) -> None:
    for to, app, why in (
        ("long", "", "is not a URL such as"),
        ("http://127.0.0.1:99999/long", "", "is not a URL such as"),
        ("http://[::1/long", "", "is not a URL such as"),
        (f"http://127.0.0.1:{servers.free_port()}/long", "", "does not answer"),
        (f"http://{'a' * 70}.example/long", "", "does not answer|cannot be asked"),
        (f"{url}/long", "tests.nothing:app", "tests.nothing:app cannot be loaded"),
        (f"{url}/long", "tests.serving.app:app", "has no cache in front of it"),
    ):
        with pytest.raises(explain.CannotExplain, match=why):
            list(explain.report(to, {}, app))


def test_explain_asks_for_a_url_as_a_browser_does(run: Run, url: str) -> None:
    told = run("explain", f"{url}/nöwhere at all?q=ö", "--app", APP)
    assert (told.returncode, told.stderr) == (0, "")
    assert "1. 404" in told.stdout
    assert "No hot route has the path /n%C3%B6where%20at%20all." in told.stdout


def test_explain_says_that_a_server_speaks_something_else(redis_url: str) -> None:
    with pytest.raises(explain.CannotExplain, match="does not answer"):
        list(explain.report(redis_url.replace("redis://", "http://"), {}))


@pytest.mark.parametrize("header", ["Accept text/html", ": value", "A B: value", "Name: a\nb: c", "Name: ö☃"])
def test_explain_says_that_a_header_field_is_none(run: Run, url: str, header: str) -> None:
    told = run("explain", f"{url}/long", "--header", header)
    assert (told.returncode, told.stdout) == (1, "")
    assert re.match("hotroute: .*(is not a header field|cannot be asked)", told.stderr)


def test_invalidate_has_the_next_answer_made_anew(run: Run, served: servers.Server) -> None:
    paths = ("/long", "/notes/7")
    for path in paths:
        answer(served, path)
        assert "hit" in answer(served, path)[1]["Cache-Status"]
    told = run("invalidate", "long", "notes")
    assert (told.returncode, told.stdout) == (0, "invalidated: long, notes\n")
    for path in paths:
        assert "hit" not in answer(served, path)[1]["Cache-Status"]


def test_invalidate_says_on_what_nothing_depends(run: Run, served: servers.Server) -> None:
    answer(served, "/long")
    for _ in range(2):
        told = run("invalidate", "longg", "long", "--app", APP)
        assert (told.returncode, told.stdout) == (0, "invalidated: long\nnothing depends on: longg\n")


def test_invalidate_says_when_no_application_has_the_cache_that_it_found(run: Run) -> None:
    told = run("invalidate", "long", CACHE_NAMESPACE="another:")
    assert (told.returncode, told.stdout) == (1, "")
    assert "no application has used it under 'another:': give --app" in told.stderr


def test_invalidate_says_that_it_cannot_reach_into_a_process() -> None:
    with pytest.raises(invalidate.NothingInvalidated, match="keeps its answers in memory"):
        list(invalidate.invalidate(MemoryStore(), ["page"], sure=True))


def test_invalidate_and_flask_cachings_configuration_have_the_same_defaults(run: Run) -> None:
    """As docs/cache-flask-caching.md shows it, on a Redis of its own."""
    with servers.redis_server() as url:
        app, cached = Flask("documented"), Cache()
        app.add_url_rule("/page", "page", hot(tags=("page",))(lambda: "text"))
        cached.init_app(
            app, {"CACHE_TYPE": REDIS, "CACHE_REDIS_URL": url, "CACHE_REDIS_TIMEOUT": 5, "CACHE_MARK_TTL": 0.1}
        )
        cache.init_app(app, cached, cache.CacheOptions((), (), manual_tags=("page",)))
        site = Site(app)
        servers.wait_until(lambda: site.get().hit, "a hit")
        told = run("invalidate", "page", REDIS_URL=url, CACHE_NAMESPACE="")
        assert (told.returncode, told.stdout) == (0, "invalidated: page\n")
        assert site.get().stored


def test_invalidate_says_when_it_did_not(run: Run) -> None:
    told = run("invalidate", "long", REDIS_URL=f"redis://127.0.0.1:{servers.free_port()}/0")
    assert (told.returncode, told.stdout) == (1, "")
    assert "nothing was invalidated" in told.stderr
