"""A Redis user that has exactly what the documentation says, and what readiness says of one that has less."""

import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from flask import Flask
from flask_caching import Cache

from hotroute.cache import RedisClient, RedisStore
from hotroute.cache.readiness import check, commands
from hotroute.cache.redis_client.endpoint import Address
from hotroute.cache.redis_client.sentinel import Sentinels
from hotroute.health import Degraded, blueprint
from tests.cache.failure.conftest import notes
from tests.cache.failure.servers import RedisServer, redis_of_its_own
from tests.servers import ROOT, wait_until

ALLOWED = next(
    line
    for line in (ROOT / "docs" / "cache-flask-caching.md").read_text().splitlines()
    if line.startswith("ACL SETUSER")
)
NAMES = sorted({str(command[0]) for command in commands("")} | {"INFO"})


@pytest.fixture(scope="module")
def guarded() -> Iterator[RedisServer]:
    with redis_of_its_own() as server:
        yield server


@pytest.fixture
def url(guarded: RedisServer) -> str:
    """The URL of the user, who has what is documented."""
    guarded.call(*ALLOWED.replace("PASSWORD", "correct-horse").split())
    guarded.call("ACL", "LOG", "RESET")
    return f"redis://hotroute:correct-horse@127.0.0.1:{guarded.port}/0"


def denied(server: RedisServer) -> set[str]:
    """Return what the server has refused the user, apart from the question how it is set up."""
    log = server.client.acl_log()
    return {str(entry["object"]) for entry in log} - {"config|get"}


@pytest.mark.parametrize("fenced", [False, True])
def test_a_user_with_what_is_documented_can_do_all_that_the_cache_does(
    guarded: RedisServer, url: str, tmp_path: Path, *, fenced: bool
) -> None:
    with notes(url, tmp_path, "hot:", timeout=5, fenced=fenced) as app:
        store = app.app.extensions["hotroute.store"]
        guarded.call("SET", f"hot:born:{run_id(guarded)}", 0)
        for text in ("one", "two"):
            app.write_at_last(text)
            app.warm(text)
        store.repair([], ["notes"])
        check(store)
    assert denied(guarded) == set()


def run_id(server: RedisServer) -> str:
    return str(server.client.info("server")["run_id"])


def test_that_user_can_make_flask_cachings_own_calls(guarded: RedisServer, url: str) -> None:
    app, cache = Flask("app"), Cache()
    config = {"CACHE_REDIS_URL": url, "CACHE_KEY_PREFIX": "flask_hot:", "CACHE_NAMESPACE": "hot:"}
    cache.init_app(
        app, {"CACHE_TYPE": "hotroute.cache.flask_caching.backends.RedisCache", "CACHE_REDIS_TIMEOUT": 5, **config}
    )
    with app.app_context():
        assert cache.set("a", 1)
        assert cache.add("b", 2)
        assert cache.set_many({"c": 3})
        assert cache.get_many("a", "b", "c") == [1, 2, 3]
        assert cache.has("a")
        assert cache.cache.inc("count") == 1
        assert cache.delete("a")
        assert cache.delete_many("b") == ["b"]
        assert cache.unlink("c")
        assert cache.clear()
        cache.cache.link.pool.disconnect()  # type: ignore[attr-defined]
    assert denied(guarded) == set()


def test_readiness_tries_every_command_of_the_scripts() -> None:
    scripts = files("hotroute.cache.store").joinpath("scripts").iterdir()
    called = {name for each in scripts for name in re.findall(r"redis\.call\('([A-Z]+)'", each.read_text())}
    assert called <= set(NAMES)
    assert {f"+{name.lower()}" for name in NAMES} == {word for word in ALLOWED.split() if word.startswith("+")}


@pytest.mark.parametrize("name", NAMES)
def test_readiness_names_the_command_that_is_refused(guarded: RedisServer, url: str, name: str) -> None:
    guarded.call("ACL", "SETUSER", "hotroute", f"-{name.lower()}")
    answer = ready(url)
    assert answer["status"] == "degraded"
    assert answer["checks"]["cache"].startswith("degraded: ")
    assert f"'{name.lower()}'" in answer["checks"]["cache"]


def ready(url: str) -> dict[str, Any]:
    app = Flask("app")
    store = RedisStore(RedisClient(url, 5))
    app.register_blueprint(blueprint(needed={}, wanted={"cache": lambda: check(store)}))
    found = app.test_client().get("/readyz")
    assert found.status_code == 200
    answer: dict[str, Any] = found.get_json()
    return answer


def test_readiness_is_ready_and_leaves_nothing(guarded: RedisServer, url: str) -> None:
    assert ready(url) == {"status": "ready", "checks": {"cache": "ok"}}
    assert guarded.client.keys("hot:ready:*") == []


def test_readiness_names_keys_that_are_refused(guarded: RedisServer, url: str) -> None:
    guarded.call("ACL", "SETUSER", "hotroute", "resetkeys", "~other:*")
    with pytest.raises(Degraded, match="GET: NOPERM"):
        check(RedisStore(RedisClient(url, 5)))


def test_readiness_says_that_the_password_is_wrong_and_not_which(url: str) -> None:
    with pytest.raises(Degraded, match="WRONGPASS") as raised:
        check(RedisStore(RedisClient(url.replace("correct-horse", "wrong-horse"), 5)))
    assert "horse" not in str(raised.value)


@pytest.fixture(scope="module")
def sentinel(guarded: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Sentinel that knows the server as "notes", and has a user of its own for those who ask."""
    folder = tmp_path_factory.mktemp("sentinel")

    class Watcher(RedisServer):
        def start(self) -> None:
            file = self.folder / "sentinel.conf"
            file.write_text(
                f"port {self.port}\nbind 127.0.0.1\nsentinel monitor notes 127.0.0.1 {guarded.port} 1\n"
                "user asking on >sentinels-word -@all +auth +info +sentinel|get-master-addr-by-name\n"
            )
            self.run([str(file), "--sentinel"])
            wait_until(self.answers, "the Sentinel answers PING")

    watcher = Watcher(folder)
    try:
        watcher.call("ACL", "SETUSER", "default", "-sentinel|get-master-addr-by-name")
        yield watcher
    finally:
        watcher.close()


def backend(url: str, sentinel: RedisServer, **given: str) -> Cache:
    app, cache = Flask("app"), Cache()
    config = {f"CACHE_REDIS_SENTINEL_{name.upper()}": value for name, value in given.items()}
    known = {"CACHE_REDIS_SENTINELS": [("127.0.0.1", sentinel.port)], "CACHE_REDIS_SENTINEL_MASTER": "notes"}
    fixed = {
        "CACHE_TYPE": "hotroute.cache.flask_caching.backends.RedisCache",
        "CACHE_REDIS_TIMEOUT": 5,
        "CACHE_REDIS_URL": url,
    }
    cache.init_app(app, {**fixed, **known, **config})
    return cache


def test_a_sentinel_may_have_users(url: str, sentinel: RedisServer) -> None:
    cache = backend(url, sentinel, username="asking", password="sentinels-word")
    with cache.app.app_context():
        check(cache.cache.store)  # type: ignore[attr-defined]
        cache.cache.link.pool.disconnect()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "words"), [({"username": "asking", "password": "wrong-word"}, "WRONGPASS"), ({}, "NOPERM")]
)
def test_a_sentinels_refusal_is_shown(
    url: str, sentinel: RedisServer, given: dict[str, str], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache = backend(url, sentinel, **given)
    with cache.app.app_context():
        assert cache.get("key") is None
    assert f"127.0.0.1:{sentinel.port}: {words}" in caplog.text
    assert "wrong-word" not in caplog.text


def test_a_sentinel_that_does_not_know_the_primary_says_so(sentinel: RedisServer) -> None:
    address = Address("127.0.0.1", sentinel.port, username="asking", password="sentinels-word")
    with pytest.raises(ConnectionError, match="does not know it"):
        Sentinels((address,), "others", Address()).locate(monotonic() + 5)
