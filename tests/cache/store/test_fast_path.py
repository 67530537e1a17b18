"""A hit that is glanced at, on a real server: it is what the script would find, or it is no hit."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hotroute.cache.redis_client.client import RedisClient
from hotroute.cache.store import fast_path, redis
from hotroute.cache.store.base import EPOCH, IDENTITY, Entry, FillRequest, LookupResult, LookupState
from hotroute.cache.store.redis import RedisStore

MARK_TTL = 0.2
PLAIN = (IDENTITY,)


@pytest.fixture
def link(redis_url: str) -> Iterator[RedisClient]:
    made = RedisClient(redis_url, timeout=5)
    yield made
    made.pool.disconnect()


@pytest.fixture
def space() -> str:
    return f"test:{secrets.token_hex(4)}:"


@pytest.fixture
def store(link: RedisClient, space: str) -> RedisStore:
    """With an answer that has been hit, so that it is glanced at from here on."""
    made = RedisStore(link, space, mark_ttl=MARK_TTL, lease_ttl=1)
    put(made, b"body")
    assert found(made) == b"body"
    return made


def question(tags: tuple[str, ...] = ("a", "b")) -> FillRequest:
    return FillRequest("key", tags, PLAIN, secrets.token_hex(4))


def put(store: RedisStore, body: bytes, tags: tuple[str, ...] = ("a", "b"), *others: Entry) -> None:
    answer = LookupResult(LookupState.INVALIDATING)
    while answer.state is LookupState.INVALIDATING:
        answer = store.look(question(tags))
    assert answer.flight
    assert store.save(answer.flight, tags, Entry(b"head", body), others, 60)


def found(store: RedisStore, encodings: tuple[str, ...] = PLAIN) -> bytes | None:
    answer = store.find("key", encodings)
    return answer.entry.body if answer and answer.entry else None


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of those that have run."""
    ran = list[str]()
    run = RedisClient.run

    def counted(self: RedisClient, script: Any, *arguments: Any) -> Any:
        ran.append(script.name)
        return run(self, script, *arguments)

    monkeypatch.setattr(RedisClient, "run", counted)
    return ran


def run_id(store: RedisStore) -> str:
    (known,) = store.glances.values()
    return known.run_id


def entry_key(store: RedisStore) -> str:
    return f"{store.key('key')}:{run_id(store)}"


def test_the_second_hit_needs_no_script(store: RedisStore, scripts: list[str]) -> None:
    assert found(store) == b"body"
    assert scripts == []
    assert store.find("key", PLAIN) == store.look(question())


def test_a_write_is_seen_at_once_whoever_makes_it(store: RedisStore, link: RedisClient, space: str) -> None:
    other = RedisStore(link, space, mark_ttl=MARK_TTL)
    for tag in ("a", "b", EPOCH):
        other.mark([tag], "writer")
        assert found(store) is None
        other.done([tag], "writer")
        assert found(store) is None
        put(other, tag.encode())
        assert found(store) == tag.encode()


def test_what_another_process_has_stored_anew_is_found(store: RedisStore, link: RedisClient, space: str) -> None:
    other = RedisStore(link, space, mark_ttl=MARK_TTL)
    other.done(["a"], "writer")
    put(other, b"new", ("a", "b", "c"))
    assert found(store) is None, "other tags: the script must look"
    assert found(store) == b"new"
    other.done(["c"], "writer")
    assert found(store) is None


LOST: dict[str, Callable[[RedisStore, str], tuple[str | bytes, ...]]] = {
    "nonce": lambda _, space: ("DEL", f"{space}t:a"),
    "nonce of another type": lambda _, space: ("RENAME", f"{space}set", f"{space}t:a"),
    "entry": lambda store, _: ("DEL", entry_key(store)),
    "entry of another type": lambda store, _: ("SET", entry_key(store), "planted"),
    "head": lambda store, _: ("HDEL", entry_key(store), "head"),
    "body": lambda store, _: ("HDEL", entry_key(store), IDENTITY),
    "another body": lambda store, _: ("HSET", entry_key(store), IDENTITY, "planted"),
    "another head": lambda store, _: ("HSET", entry_key(store), "head", "planted"),
    "trust": lambda store, space: ("DEL", f"{space}born:{run_id(store)}"),
    "trust since another time": lambda store, space: ("SET", f"{space}born:{run_id(store)}", "1"),
}  # fmt: skip


@pytest.mark.parametrize("what", LOST)
def test_what_is_lost_or_planted_is_no_hit(store: RedisStore, link: RedisClient, space: str, what: str) -> None:
    link.call("SADD", f"{space}set", "member")
    link.call(*LOST[what](store, space))
    assert found(store) is None


def test_where_there_is_a_fence_it_must_live(
    store: RedisStore, link: RedisClient, space: str, scripts: list[str]
) -> None:
    store.fence = (f"{space}fence",)
    assert found(store) is None, "what was known without a fence does not count"
    link.call("SET", store.fence[0], "1")
    assert [found(store), found(store)] == [b"body", b"body"]
    assert scripts == ["look", "look"]
    link.call("DEL", store.fence[0])
    assert found(store) is None


def test_a_server_that_was_replaced_is_not_asked_for_what_another_run_had(store: RedisStore, link: RedisClient) -> None:
    with_another_run = link.pool.acquire(float("inf"))
    with_another_run.run_id = "another"
    link.pool.release(with_another_run)
    assert found(store) is None


def test_each_coding_that_would_do_has_a_glance_of_its_own(link: RedisClient, space: str, scripts: list[str]) -> None:
    store = RedisStore(link, space, mark_ttl=MARK_TTL)
    put(store, b"body", ("a",), Entry(b"head", b"small", "br"))
    scripts.clear()
    for _ in range(2):
        assert found(store, ("br", IDENTITY)) == b"small"
        assert found(store, ("gzip", IDENTITY)) == b"body"
    assert scripts == ["look", "look"]


def test_a_process_remembers_a_limited_number(store: RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis, "MOST", 2)
    for encodings in (PLAIN, ("br", IDENTITY), ("gzip", IDENTITY)):
        assert found(store, encodings) == b"body"
        assert len(store.glances) <= 2


@pytest.mark.parametrize("write", ["mark", "done"])
def test_a_write_between_its_two_commands_is_later_than_the_question(
    store: RedisStore, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    """What had been so when the nonces were read may be answered; what is stored after the write may not."""

    def send(self: RedisClient, commands: bytes, _replies: int, _run_id: str) -> list[Any]:
        second = commands.index(b"*5\r\n$5\r\nHMGET")
        nonces = self.exchange(lambda wire, deadline: wire.send_packed(commands[:second], 2, deadline))
        getattr(store, write)(["a"], "writer")
        if write == "done":
            put(store, b"new")
        return nonces + self.exchange(lambda wire, deadline: wire.send_packed(commands[second:], 1, deadline))

    monkeypatch.setattr(RedisClient, "send", send)
    assert found(store) == (b"body" if write == "mark" else None)


def test_a_vector_is_never_taken_for_another(store: RedisStore) -> None:
    (known,) = store.glances.values()
    assert isinstance(known, fast_path.FastPath)
    stored = [b"a\n1\nb\n2\n!epoch\n3\n", b"head", b"sealed"]
    assert known.read([known.born, [b"1", b"2", b"3"], stored]) == (b"head", b"sealed", known.encoding, stored[0])
    for nonces in ([b"1", b"2", b"4"], [b"2", b"1", b"3"], [b"1", b"2", None]):
        assert known.read([known.born, nonces, stored]) is None
