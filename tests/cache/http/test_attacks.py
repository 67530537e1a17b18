"""Cache poisoning: what is not in a key changes nothing, and what others put into Redis is no answer of ours."""

import pickle
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest
from flask import redirect, request, url_for

from hotroute import cache, redis_client
from hotroute.cache import RedisClient, RedisStore
from hotroute.cache.http.entry import EntryMetadata
from tests.cache.http.site import TEXT, Answer, Site

HEADERS = [
    "Host", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Prefix",
    "X-Forwarded-Proto", "X-Forwarded-Protocol", "X-Forwarded-Scheme", "X-Forwarded-Server", "X-Forwarded-Ssl",
    "X-Forwarded", "X-Host", "X-Http-Host-Override", "X-Original-Host", "X-Original-Url", "X-Rewrite-Url",
    "X-Original-Method", "X-Http-Method-Override", "X-Method-Override", "X-Real-Ip", "X-Client-Ip", "True-Client-Ip",
    "Cf-Connecting-Ip", "X-Backend", "X-Wap-Profile", "X-Api-Version", "X-Language", "X-Theme", "Accept",
    "Accept-Language", "Accept-Charset", "Content-Language", "User-Agent", "Referer", "Origin", "Cookie2",
    "Front-End-Https", "Max-Forwards", "Proxy", "Via", "Dnt", "Sec-Fetch-Mode", "Upgrade-Insecure-Requests",
]  # fmt: skip
POISON = "evil.example"


@pytest.mark.parametrize("name", HEADERS)
def test_a_view_that_reflects_a_header_is_not_stored_with_it(name: str) -> None:
    site = Site().page(lambda: request.headers.get(name, "")).start()
    poisoned = site.get(headers={name: POISON})
    assert (poisoned.body, poisoned.detail) == (POISON.encode(), f"UNKEYED-{name.upper()}")
    assert POISON.encode() not in site.get().body


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_no_view_reads_changes_nothing(name: str) -> None:
    site = Site().page(share="everyone").start()
    for headers in ({name: POISON}, {}, {name: POISON}):
        answer = site.get(headers=headers)
        assert (answer.status, answer.body) == (200, TEXT.encode())
        assert POISON not in str(answer.headers)
    assert answer.hit
    assert len(site.runs) == 1


NAMING: dict[str, Callable[[], Any]] = {
    "an absolute link": lambda: url_for("/page", _external=True),
    "a link with another scheme": lambda: url_for("/page", _scheme="https"),
    "its URL": lambda: request.url,
    "its root": lambda: request.url_root,
    "its base": lambda: request.base_url,
    "the host": lambda: request.host,
    "a redirection": lambda: redirect(url_for("/page", _external=True)),
}


@pytest.mark.parametrize("case", NAMING)
def test_an_answer_that_names_the_host_is_stored_only_where_the_route_says_so(case: str) -> None:
    evil: Any = {"base_url": f"http://{POISON}"}
    site = Site().page(NAMING[case], cache_statuses=(200, 302)).start()
    assert site.get(**evil).detail == "UNKEYED-HOST"
    keyed = Site().page(NAMING[case], cache_statuses=(200, 302), host=True).start()
    assert keyed.get(**evil).stored
    for answer in (site.get(), keyed.get()):
        assert POISON.encode() not in answer.body


def test_what_flask_remembered_for_a_hook_is_seen_as_read_by_the_view_too() -> None:
    site = Site().page(lambda: f"{request.user_agent} {request.host}")
    seen: list[Any] = []
    site.app.before_request(lambda: seen.extend([request.user_agent, request.host, request.url]))
    site.start()
    assert site.twice(headers={"User-Agent": POISON}).detail in ("UNKEYED-USER-AGENT", "UNKEYED-HOST")


def test_ids_of_requests_may_be_read_for_logs() -> None:
    site = Site().page(lambda: TEXT * bool(request.headers.get("X-Request-Id"))).start()
    assert site.twice(headers={"X-Request-Id": "a" * 32}).hit


@pytest.mark.parametrize("body", [b"x=1", b"{}"])
def test_content_of_a_get_is_in_no_key_and_so_in_no_entry(body: bytes) -> None:
    site = Site().page(lambda: request.get_data() or TEXT).start()
    assert site.get(data=body).detail == "CONTENT"
    assert site.get(environ_overrides={"HTTP_TRANSFER_ENCODING": "chunked"}).detail == "CONTENT"
    assert site.get().body == TEXT.encode()


@pytest.fixture
def site(redis_url: str) -> Iterator[Site]:
    link = RedisClient(redis_url, timeout=5)
    store = RedisStore(link, f"test:{secrets.token_hex(4)}:", mark_ttl=0.05)
    site = Site(store=store).page(tags=("tag",)).start()
    settle(site)
    yield site
    link.reset_after_fork()


def settle(site: Site, **page: Any) -> Answer:
    """Ask until there is a hit; a server that has lost something is not trusted for a moment."""
    for _ in range(10_000):
        if (answer := site.get(**page)).hit:
            return answer
    raise TimeoutError(f"no hit: {answer.cache}")


class Harm:
    """As a pickle, it would run when it is read."""

    ran = False

    def __reduce__(self) -> Any:
        return setattr, (Harm, "ran", True)


BYTES = {
    "nothing": b"",
    "a pickle": pickle.dumps(Harm()),
    "Flask-Caching's pickle": b"!" + pickle.dumps(Harm()),
    "msgpack": b"\x94\xa6200 OK\x90\xcb\x41\xda\x00\x00\x00\x00\x00\x00\xa1x",
    "not UTF-8": b"\xff\xfe\x00",
    "half a head": b'["200 OK",[["Content-Ty',
    "another head": orjson.dumps({"status": 200}),
    "a head with a line break": EntryMetadata("200 OK\r\nSet-Cookie: a=1", [], 0, "x").dump(),
    "a field with a line break": EntryMetadata("200 OK", [("X", "a\r\nSet-Cookie: a=1")], 0, "x").dump(),
    "no status": EntryMetadata("OK", [], 0, "x").dump(),
    "an error's status": EntryMetadata("500 No", [], 0, "x").dump(),
    "a status that is not stored": EntryMetadata("404 NOT FOUND", [], 0, "x").dump(),
    "a number for a name": b'["200 OK",[[1,2]],0,"x"]',
    "an endless time": b'["200 OK",[],1e999,"x"]',
}
PLANTS: dict[str, Callable[[Any, str], None]] = {
    "a string": lambda client, key: client.set(key, "x"),
    "a list": lambda client, key: client.rpush(key, "x"),
    "a set": lambda client, key: client.sadd(key, "x"),
    "a sorted set": lambda client, key: client.zadd(key, {"x": 1}),
    "an empty hash": lambda client, key: client.hset(key, "x", "y"),
}


def plant(client: Any, key: str, put: Callable[[Any, str], None]) -> None:
    client.delete(key)
    put(client, key)


@pytest.mark.parametrize("kind", ["e:", "t:tag", "d:tag", "born:"])
@pytest.mark.parametrize("case", PLANTS)
def test_a_key_of_another_type_is_no_error_and_is_gone_soon(site: Site, redis_url: str, kind: str, case: str) -> None:
    with redis_client.connect(redis_url, timeout=5) as client:
        space = site.store.namespace  # type: ignore[attr-defined]
        for key in client.keys(f"{space}{kind}*") or [f"{space}{kind}".encode()]:
            plant(client, key, PLANTS[case])
        answer = site.get()
        assert (answer.status, answer.body) == (200, TEXT.encode())
        assert settle(site).body == TEXT.encode()


@pytest.mark.parametrize("field", ["head", "identity", "vector"])
@pytest.mark.parametrize("case", BYTES)
def test_damaged_fields_of_an_entry_are_no_answer_and_run_nothing(
    site: Site, redis_url: str, field: str, case: str
) -> None:
    with redis_client.connect(redis_url, timeout=5) as client:
        (key,) = client.keys(f"{site.store.namespace}e:*")  # type: ignore[attr-defined]
        client.hset(key, field, BYTES[case])
        answer = site.get()
        assert (answer.status, answer.body) == (200, TEXT.encode())
        assert "Set-Cookie" not in answer.headers
        assert settle(site).body == TEXT.encode()
    assert not Harm.ran


@pytest.mark.parametrize("case", BYTES)
def test_a_forged_seal_helps_no_head_that_we_would_not_store(site: Site, redis_url: str, case: str) -> None:
    """Without the store's secret anybody who reaches Redis can seal; what is not a response is none all the same."""
    store: Any = site.store
    store.seal.sign = lambda *_: b"x" * 16
    with redis_client.connect(redis_url, timeout=5) as client:
        (key,) = client.keys(f"{store.namespace}e:*")
        client.hset(key, mapping={"head": BYTES[case], "identity": b"x" * 16 + b"forged"})
        answer = site.get()
        assert (answer.status, answer.body, answer.detail) == (200, TEXT.encode(), "CORRUPT-ENTRY")
        assert settle(site).body == TEXT.encode()


def test_a_line_break_in_an_argument_is_in_its_tag_and_breaks_no_vector(redis_url: str) -> None:
    link = RedisClient(redis_url, timeout=5)
    store = RedisStore(link, f"test:{secrets.token_hex(4)}:", mark_ttl=0.05)
    page: Any = {"environ_overrides": {"PATH_INFO": "/notes/a\nb\nc"}}
    site = Site(store=store).page(lambda slug: slug, "/notes/<slug>", tags=("note:{slug}",)).start()
    settle(site, **page)
    cache.invalidate_now(store, ["note:a\nb\nc"])
    assert site.get(**page).stored
    link.reset_after_fork()


def test_a_nonce_that_is_not_text_is_no_error(site: Site, redis_url: str) -> None:
    with redis_client.connect(redis_url, timeout=5) as client:
        for planted in (b"\xff\xfe", b"a\nb\n", b"", b"!", b"x" * 100_000):
            client.set(f"{site.store.namespace}t:tag", planted)  # type: ignore[attr-defined]
            assert (site.get().status, site.get().body) == (200, TEXT.encode())
