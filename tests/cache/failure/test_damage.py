"""Values in Redis that are damaged, or that somebody else has put there."""

import os
from collections.abc import Callable
from typing import Any

import pytest
import redis

from tests.cache.failure.conftest import Scene
from tests.cache.failure.test_outages import told
from tests.servers import wait_until

Damage = Callable[[redis.Redis, bytes], Any]


def keys(scene: Scene, kind: str) -> list[bytes]:
    with scene.server.client as client:
        found = sorted(client.scan_iter(f"{scene.namespace}{kind}:*"))
    assert found, f"nothing of the kind {kind}"
    return found


def damage(scene: Scene, kind: str, how: Damage) -> None:
    with scene.server.client as client:
        for key in keys(scene, kind):
            how(client, key)


def planted(kind: str) -> Damage:
    def plant(client: redis.Redis, key: bytes) -> None:
        client.delete(key)
        if kind == "string":
            client.set(key, b"!\x80\x05planted")
        elif kind == "list":
            client.rpush(key, "planted")
        elif kind == "hash":
            client.hset(key, "vector", "planted")
        elif kind == "zset":
            client.zadd(key, {"planted": 1})
        elif kind == "stream":
            client.xadd(key, {"vector": "planted"})

    return plant


TYPES = ["string", "list", "hash", "zset", "stream"] if os.environ.get("PROVE_OUTAGES") else ["string", "list"]


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("key", ["e", "t", "born"])
def test_a_key_of_a_wrong_type_is_replaced(scene: Scene, key: str, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    damage(scene, key, planted(kind))
    for _ in range(3):
        assert scene.far.text() == "one"
    assert scene.far.write("two") == 204
    scene.far.warm("two")
    assert not told(caplog, "not usable"), "it is one key that is wrong, and not the server"


@pytest.mark.parametrize("kind", TYPES)
def test_a_mark_of_a_wrong_type_holds_up_no_write(scene: Scene, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    with scene.server.client as client:
        for tag in keys(scene, "t"):
            planted(kind)(client, tag.replace(b":t:", b":d:"))
    assert scene.far.write("two") == 204
    scene.far.warm("two")
    assert not told(caplog, "not usable")


@pytest.mark.parametrize("kind", [kind for kind in TYPES if kind != "zset"])
def test_a_mark_that_was_overwritten_may_be_lost_and_nothing_is_trusted_for_a_while(scene: Scene, kind: str) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    store = scene.near.app.extensions["hotroute.store"]
    store.mark(["notes"], "writer")
    damage(scene, "d", planted(kind))
    scene.far.text()
    assert "INVALIDATING" in scene.far.read().headers["Cache-Status"]
    store.done(["notes"], "writer")
    scene.far.warm("one")


def flip(field: str, position: int) -> Damage:
    def damage_field(client: redis.Redis, key: bytes) -> None:
        value = bytearray(client.hget(key, field))  # type: ignore[arg-type]
        value[position] ^= 1
        client.hset(key, field, bytes(value))

    return damage_field


def put(field: str, value: bytes) -> Damage:
    return lambda client, key: client.hset(key, field, value)


DAMAGES: dict[str, Damage] = {
    "a bit of the head": flip("head", 5),
    "a bit of the body": flip("identity", -2),
    "a bit of the seal": flip("identity", 0),
    "a head that is none": put("head", b"\x00{not json"),
    "a head of another shape": put("head", b'["200 OK"]'),
    "a body that ends early": put("identity", b"x" * 20),
    "a body that is shorter than its seal": put("identity", b""),
    "a vector without an end": put("vector", b"notes"),
    "an empty vector": put("vector", b""),
    "a vector of nonsense": put("vector", b"\xff\n\xff\n\n\n"),
    "no head": lambda client, key: client.hdel(key, "head"),
    "no body": lambda client, key: client.hdel(key, "identity"),
    "a pickle": put(
        "identity", b"\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94."
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_entry_is_no_answer(scene: Scene, name: str, caplog: pytest.LogCaptureFixture) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    damage(scene, "e", DAMAGES[name])
    for _ in range(3):
        assert scene.far.text() == "one"
    scene.far.warm("one")
    scene.near.write_at_last("two")
    scene.far.warm("two")
    assert not told(caplog, "not usable")


def test_damage_is_told_once_and_not_for_each_request(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.near.write_at_last("one")
    for _ in range(3):
        scene.far.warm("one")
        damage(scene, "e", DAMAGES["a bit of the body"])
        scene.far.text()
    assert len(told(caplog, "damaged or not ours")) == 1


def test_an_answer_that_belongs_to_another_key_is_not_served(scene: Scene) -> None:
    with scene.near.client as client:
        client.put("/notes/2", json={"text": "secret"})
    scene.near.write_at_last("one")
    scene.far.warm("one")
    wait_until(lambda: "; hit" in scene.near.client.get("/notes/2").headers["Cache-Status"], "the other is stored")
    scene.far.warm("one")
    with scene.server.client as client:
        first, second = keys(scene, "e")
        one, two = client.dump(first), client.dump(second)
        client.restore(first, 0, two, replace=True)
        client.restore(second, 0, one, replace=True)
    assert scene.far.text() == "one"
    assert scene.far.client.get("/notes/2").json == {"text": "secret"}


def test_an_old_answer_under_a_new_vector_is_not_served(scene: Scene) -> None:
    scene.near.write_at_last("one")
    scene.far.warm("one")
    with scene.server.client as client:
        (key,) = keys(scene, "e")
        old = client.dump(key)
        scene.near.write_at_last("two")
        scene.far.warm("two")
        vector = client.hget(key, "vector")
        client.restore(key, 60_000, old, replace=True)
        client.hset(key, "vector", vector)
    assert scene.far.text() == "two"
