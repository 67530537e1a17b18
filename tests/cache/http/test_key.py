"""What makes two requests the same (RFC 9111, sections 2 and 4.1)."""

import random
from urllib.parse import urlencode

import pytest
from flask import request, url_for
from werkzeug.test import EnvironBuilder

from hotroute.cache.decorator import RouteOptions, hot
from hotroute.cache.http import key, views
from tests.cache.http.site import TEXT, Site

pytestmark = pytest.mark.unit


def hot_options(**chosen: object) -> RouteOptions:
    found = views.find(hot(**chosen)(view := lambda: None))  # type: ignore[arg-type]  # noqa: F841
    assert found
    return found


def echo() -> str:
    return urlencode(list(request.args.items(multi=True)))


def test_declared_parameters_make_another_answer() -> None:
    site = Site().page(echo, query=("a", "b")).start()
    for query in ("a=1", "a=2", "b=1", "a=", "a=1&a=2", "a=2&a=1", "a=1&b=1"):
        assert site.get(f"/page?{query}").stored, query
        assert site.get(f"/page?{query}").hit
    assert len(site.runs) == 7


def test_the_order_of_different_parameters_and_how_they_are_written_make_none() -> None:
    site = Site().page(echo, query=("a", "é")).start()
    assert site.get("/page?%C3%A9=%C3%BC&a=1").stored
    for same in ("/page?a=1&%C3%A9=%C3%BC", "/page?%61=%31&%c3%a9=%c3%bc", "/page?a=1&&%C3%A9=%C3%BC&"):
        assert site.get(same).hit, same


def test_an_unknown_parameter_passes_by() -> None:
    site = Site().page(echo, query=("a",)).start()
    for query in ("a=1&utm=x", "utm", "A=1", "a%00=1", "a[]=1", "a;b=1", "%61%20=1"):
        assert site.get(f"/page?{query}").detail == "UNKNOWN-PARAMETER", query


def test_a_parameter_that_is_dropped_is_not_seen_by_the_view_either() -> None:
    site = Site().page(lambda: request.full_path, query=("a",), unknown_params="ignore").start()
    assert site.get("/page?utm=poison&a=1").body == b"/page?a=1"
    answer = site.get("/page?a=1&utm=other")
    assert (answer.hit, answer.body) == (True, b"/page?a=1")


def test_too_many_parameters_pass_by() -> None:
    site = Site().page(echo, query=("a",)).start()
    assert site.get("/page?" + "&".join(["a=1"] * 50)).stored
    assert site.get("/page?" + "&".join(["a=1"] * 51)).detail == "TOO-MANY-PARAMETERS"


def test_a_declared_header_makes_another_answer_and_is_in_vary() -> None:
    site = Site().page(lambda: request.headers.get("X-Tenant", "none"), vary=("X-Tenant",)).start()
    bodies = {}
    for sent in ({}, {"X-Tenant": ""}, {"X-Tenant": "a"}, {"X-Tenant": "b"}):
        answer = site.twice(headers=sent)
        assert answer.hit
        assert answer.headers["Vary"] == "Accept-Encoding, Authorization, Cookie, X-Tenant"
        bodies[tuple(sent.items())] = answer.body
    assert list(bodies.values()) == [b"none", b"", b"a", b"b"]


def test_what_passes_by_varies_on_the_same() -> None:
    site = Site().page(vary=("X-Tenant",)).start()
    for answer in (site.get(), site.get(), site.get("/page?other=1"), site.get(headers={"Authorization": "x"})):
        assert answer.headers["Vary"] == "Accept-Encoding, Authorization, Cookie, X-Tenant"
        assert "no-cache" in answer.headers["Cache-Control"]


def test_an_answer_that_names_the_host_is_one_for_each_host_and_scheme() -> None:
    site = Site().page(lambda: url_for("/page", _external=True), host=True).start()
    for base in ("http://one.example", "http://two.example", "https://one.example", "http://one.example:81"):
        assert site.get(base_url=base).stored
        assert site.get(base_url=base).body.decode() == f"{base}/page"
    assert site.get(base_url="http://ONE.example").hit


def test_where_the_application_is_mounted_is_a_part_of_the_key() -> None:
    site = Site().page(lambda: url_for("/page")).start()
    for prefix in ("", "/api", "/api/v2"):
        assert site.twice(environ_overrides={"SCRIPT_NAME": prefix}).body.decode() == f"{prefix}/page"
    # The same bytes, cut in another place.
    site = Site().page(lambda: TEXT, "/b/page").page(lambda: "other", "/page").start()
    assert site.get("/b/page", environ_overrides={"SCRIPT_NAME": "/a"}).body == TEXT.encode()
    assert site.get("/page", environ_overrides={"SCRIPT_NAME": "/a/b"}).body == b"other"


def test_methods_without_an_answer_of_their_own_are_the_applications() -> None:
    site = Site().page().start()
    site.get()
    assert site.get(method="POST").status == 405
    options_of = site.get(method="OPTIONS")
    assert (options_of.status, options_of.cache) == (200, "")


PARTS: dict[str, list[str | None]] = {
    "SCRIPT_NAME": ["", "/a", "/a/b", "/1:"],
    "PATH_INFO": ["", "/", "/a", "/a/b", "/b", "/2:ab", "//a", "/a/../b", "/\xff"],
    "HTTP_HOST": ["a", "b", "a:80", "a,b"],
    "wsgi.url_scheme": ["http", "https"],
    "HTTP_X_ONE": [None, "", "a", "1:a", "None"],
    "HTTP_X_TWO": [None, "", "a", "1:a", "None"],
    "caller": [None, "", "1", "11", "None"],
    "query": ["", "a=", "a=1", "a=1&b=2", "a=1%26b=2", "b=2&a=1", "a=1&a=2", "a=2&a=1", "a=12", "b=1", "a=1%00"],
}


def test_ten_thousand_pairs_of_requests_have_the_same_key_only_if_each_part_is_the_same() -> None:
    hot = hot_options(query=("a", "b"), vary=("X-One", "X-Two"), host=True, share="per-caller")
    chance = random.Random(20261120)
    equal = 0
    for _ in range(10_000):
        first = {name: chance.choice(values) for name, values in PARTS.items()}
        # Mostly alike: what differs in everything tells nothing.
        changed = {name: chance.choice(PARTS[name]) for name in chance.sample(sorted(PARTS), chance.randint(0, 2))}
        one, other = first, first | changed
        same = meaning(one) == meaning(other)
        equal += same
        assert (name_of(hot, one) == name_of(hot, other)) == same, (one, other)
    assert 2_000 < equal < 8_000


def test_a_value_that_spells_the_next_part_is_still_one_value() -> None:
    hot = hot_options(vary=("X-One",), share="per-caller")
    plain: dict[str, str | None] = dict.fromkeys(PARTS)
    pairs: list[tuple[dict[str, str | None], dict[str, str | None]]] = [
        ({"SCRIPT_NAME": "path/a", "PATH_INFO": "/b"}, {"SCRIPT_NAME": "", "PATH_INFO": "/apath/b"}),
        ({"share": "1", "HTTP_X_ONE": "a"}, {"share": "1header x-onea"}),
        ({"share": "1", "HTTP_X_ONE": "a"}, {"share": "113:header x-one1:a"}),
    ]
    for one, other in pairs:
        assert name_of(hot, plain | one) != name_of(hot, plain | other)


def name_of(hot: RouteOptions, parts: dict[str, str | None]) -> str:
    environ = EnvironBuilder(query_string=parts["query"] or "").get_environ()
    environ |= {name: value for name, value in parts.items() if value is not None and name not in ("caller", "query")}
    return key.key(hot, environ, parts["caller"])


def meaning(parts: dict[str, str | None]) -> dict[str, str | None]:
    return parts | {"query": "a=1&b=2" if parts["query"] == "b=2&a=1" else parts["query"]}


@pytest.mark.parametrize(
    "path",
    ["/files/a", "/files/A", "/files/a/b", "/files/a%2Fb", "/files/a%252Fb", "/files/./a", "/files/b/../a",
     "/files/%2e%2e/a", "/files/a%00", "/files/a%20", "/files/a+", "/files/a;x", "/files/a%3Bx", "/files/a%3Fx",
     "/files/a%23", "/files/é", "/files/e%CC%81", "/files/a.", "/files/a%0A", "/files/a%0D%0AX:1", "/files/a%5C..%5Cb",
     "/files/%C0%AEa", "/files/a/", "//files/a", "/files/%FF", "/files/\uff41", "/files/a%7C", "/files/a%22",
     "/files/" + "a" * 5000, "/files/" + "a" * 5001],
)  # fmt: skip
def test_a_trick_with_a_path_gets_the_answer_that_the_application_gives(path: str) -> None:
    cached, plain = tricked(), tricked(cached=False)
    for other in ("/files/a", "/files/a/b", "/files/b", "/secret"):
        cached.get(other)
    for _ in range(2):
        answer, expected = cached.get(path), plain.get(path)
        assert (answer.status, answer.body) == (expected.status, expected.body)


def tricked(*, cached: bool = True) -> Site:
    site = Site().page(lambda **arguments: ascii(arguments), "/files/<path:name>").page(lambda: "secret", "/secret")
    return site.start() if cached else site
