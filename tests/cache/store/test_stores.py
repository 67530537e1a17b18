"""The steps of the protocol, on Redis and in memory."""

import secrets
from collections.abc import Iterator

import pytest

from hotroute.cache.redis_client.client import RedisClient
from hotroute.cache.store.base import IDENTITY, Entry, FillRequest, Flight, LookupResult, LookupState, Store
from hotroute.cache.store.memory import MOST_BYTES, MOST_ENTRIES, SPARE, MemoryStore
from hotroute.cache.store.redis import RedisStore

MARK_TTL = 0.4
"""Seconds; short, for the tests wait for its end."""


@pytest.fixture(params=["redis", "memory"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "memory":
        yield MemoryStore(mark_ttl=MARK_TTL, lease_ttl=0.3)
        return
    link = RedisClient(request.getfixturevalue("redis_url"), timeout=5)
    made = RedisStore(link, f"test:{secrets.token_hex(4)}:", mark_ttl=MARK_TTL, lease_ttl=0.3)
    settle(made)
    yield made
    link.pool.disconnect()


def settle(store: Store) -> None:
    """Wait until the server is trusted."""
    while look(store, "settling").state is LookupState.INVALIDATING:
        pass


def look(
    store: Store, key: str = "key", tags: tuple[str, ...] = ("a", "b"), encodings: tuple[str, ...] = (IDENTITY,)
) -> LookupResult:
    return store.look(FillRequest(key, tags, encodings, secrets.token_hex(4)))


def lead(store: Store, tags: tuple[str, ...] = ("a", "b")) -> Flight:
    answer = look(store, tags=tags)
    assert answer.state is LookupState.LEAD
    assert answer.flight is not None
    return answer.flight


def save(store: Store, flight: Flight, body: bytes = b"body", used: tuple[str, ...] | None = None) -> bool:
    tags = used if used is not None else flight.question.tags
    return store.save(flight, tags, Entry(b"head", body), [Entry(b"head", body[:1], "gzip")], 60)


def test_who_would_not_lead_finds_what_who_would_finds(store: Store) -> None:
    assert store.find("key", (IDENTITY,)) is None
    flight = lead(store)
    assert store.find("key", (IDENTITY,)) is None
    save(store, flight)
    found = store.find("key", ("gzip", IDENTITY))
    assert found == look(store, encodings=("gzip", IDENTITY))
    assert found.entry == Entry(b"head", b"b", "gzip")
    store.mark(["b"], "writer")
    assert store.find("key", (IDENTITY,)) is None
    store.done(["b"], "writer")
    assert store.find("key", (IDENTITY,)) is None


def test_the_first_leads_the_second_waits_and_then_both_hit(store: Store) -> None:
    flight = lead(store)
    waiting = look(store)
    assert waiting.state is LookupState.WAIT
    assert waiting.flight is not None
    assert store.peek(waiting.flight).state is LookupState.WAIT
    assert save(store, flight)
    assert store.peek(waiting.flight).entry == Entry(b"head", b"body")
    assert look(store).entry == Entry(b"head", b"body")


def test_the_best_encoding_that_is_stored_is_served(store: Store) -> None:
    save(store, lead(store))
    assert look(store, encodings=("br", "gzip", IDENTITY)).entry == Entry(b"head", b"b", "gzip")


def test_an_entry_without_an_encoding_that_would_do_is_no_hit(store: Store) -> None:
    save(store, lead(store))
    asked = look(store, encodings=("br",))
    assert asked.state is LookupState.LEAD
    assert asked.flight is not None
    assert store.peek(asked.flight).entry is None


def test_a_leader_that_died_is_replaced_by_one_of_those_who_wait(store: Store) -> None:
    lead(store)
    waiting = [look(store).flight for _ in range(3)]
    one, two, three = (flight for flight in waiting if flight)
    while store.peek(one).state is LookupState.WAIT:
        pass
    assert [store.peek(each).state for each in (two, three)] == [LookupState.WAIT, LookupState.WAIT]
    assert store.renew(one)
    assert save(store, one)
    assert [store.peek(each).state for each in (two, three)] == [LookupState.HIT, LookupState.HIT]


@pytest.mark.parametrize("end", ["release", "save"])
def test_a_leader_that_has_nothing_to_store_is_not_waited_for_and_not_replaced(store: Store, end: str) -> None:
    flight = lead(store)
    waiting = look(store).flight
    assert waiting is not None
    if end == "save":
        store.done(["a"], "writer")
        assert not save(store, flight)
    else:
        store.release(flight)
    assert store.peek(waiting).state is LookupState.GAVE_UP


def test_who_asks_after_a_leader_that_had_nothing_leads(store: Store) -> None:
    store.release(lead(store))
    flight = lead(store)
    assert look(store).state is LookupState.WAIT
    assert save(store, flight)


def test_a_lease_is_released_and_renewed_by_its_holder_only(store: Store) -> None:
    flight = lead(store)
    waiting = look(store).flight
    assert waiting is not None
    store.release(waiting)
    assert not store.renew(waiting)
    assert store.peek(waiting).state is LookupState.WAIT
    assert store.renew(flight)


@pytest.mark.parametrize("tag", ["a", "b"])
def test_nothing_is_served_or_stored_while_a_writer_is_about(store: Store, tag: str) -> None:
    save(store, lead(store))
    store.mark([tag], "writer")
    assert look(store).state is LookupState.INVALIDATING
    store.done([tag], "writer")
    assert look(store).state is LookupState.LEAD


def test_what_was_read_before_a_mark_is_not_stored_after_it(store: Store) -> None:
    flight = lead(store)
    store.mark(["a"], "writer")
    assert not save(store, flight)
    store.done(["a"], "writer")
    assert look(store).state is LookupState.LEAD


def test_one_who_asks_after_a_write_does_not_get_the_answer_to_an_earlier_question(store: Store) -> None:
    early = lead(store)
    store.mark(["a"], "writer")
    store.done(["a"], "writer")
    late = look(store)
    assert late.state is LookupState.LEAD, "another question: it has a lease of its own"
    save(store, early, b"old")
    assert late.flight is not None
    assert store.peek(late.flight).entry is None


def test_the_end_of_one_writer_does_not_clear_the_mark_of_another(store: Store) -> None:
    store.mark(["a"], "one")
    store.mark(["a"], "two")
    store.done(["a"], "one")
    assert look(store).state is LookupState.INVALIDATING
    store.done(["a"], "two")
    assert look(store).state is LookupState.LEAD


def test_the_mark_of_a_writer_that_died_ends_by_itself(store: Store) -> None:
    save(store, lead(store))
    store.mark(["a"], "died")
    settle_after(store)
    assert look(store).state is LookupState.LEAD


def test_a_mark_that_is_left_goes_on_until_it_expires(store: Store) -> None:
    store.mark(["a"], "unknown")
    store.done(["a"], "unknown", leave=True)
    assert look(store).state is LookupState.INVALIDATING
    settle_after(store)


def settle_after(store: Store) -> None:
    while look(store, "another", ("a",)).state is LookupState.INVALIDATING:
        pass


def test_an_entry_depends_only_on_what_it_used(store: Store) -> None:
    save(store, lead(store), used=("a",))
    store.mark(["b"], "writer")
    assert look(store).state is LookupState.HIT
    store.done(["b"], "writer")
    assert look(store).state is LookupState.HIT
    store.mark(["a"], "writer")
    assert look(store).state is LookupState.INVALIDATING


def test_an_entry_lives_for_its_ttl(store: Store) -> None:
    flight = lead(store)
    store.save(flight, flight.question.tags, Entry(b"head", b"body"), [], 0.05)
    while look(store).state is LookupState.HIT:
        pass
    assert look(store).state in (LookupState.LEAD, LookupState.WAIT)


@pytest.mark.parametrize("way", ["found nothing", "wrote", "stored for a while"])
def test_memory_does_not_grow_with_what_nothing_depends_on_any_more(way: str) -> None:
    now = [0.0]
    store = MemoryStore(clock=lambda: now[0])
    kept = look(store, "kept", ("kept",)).flight
    assert kept
    assert store.save(kept, ("kept",), Entry(b"head", b"body"), [], 3600)
    for number in range(20 * SPARE):
        now[0] += 0.01
        tag = f"article:{number}"
        if way == "wrote":
            store.mark([tag], "writer")
            store.done([tag], "writer")
            continue
        flight = look(store, tag, (tag,)).flight
        assert flight
        if way == "found nothing":
            store.release(flight)
        else:
            store.save(flight, (tag,), Entry(b"head", b"body"), [], 1)
    assert len(store.nonces) + len(store.leases) + len(store.marks) + len(store.entries) < 6 * SPARE
    assert look(store, "kept", ("kept",)).state is LookupState.HIT


def test_what_is_forgotten_has_no_answer_that_holds() -> None:
    """Neither a leader's that began before, nor one that is stored."""
    now = [0.0]
    store = MemoryStore(lease_ttl=1, clock=lambda: now[0])
    stored, early = lead(store), look(store, "early", ("early",)).flight
    assert early
    assert save(store, stored)
    store.mark(["early", "a"], "writer")
    now[0] = 2.0
    for number in range(3 * SPARE):
        store.done([f"article:{number}"], "writer")
    assert "early" not in store.nonces
    assert look(store).state is LookupState.INVALIDATING
    assert look(store, "early", ("early",)).state is LookupState.INVALIDATING
    store.done(["early", "a"], "writer")
    assert not store.save(early, ("early",), Entry(b"head", b"old"), [], 60)
    assert look(store).state is LookupState.LEAD


def test_memory_holds_so_many_bytes_at_most_and_the_newest() -> None:
    store, body = MemoryStore(), bytes(2**20)
    for number in range(MOST_BYTES // len(body) + 10):
        for _ in range(2):
            flight = look(store, f"key {number}", ("a",)).flight
            assert flight
            assert save(store, flight, body)
            store.forget("key 5")
            store.done(["a"], "writer")
    kept = list(store.entries.values())
    assert store.bytes == sum(stored.size for stored in kept) <= MOST_BYTES
    assert list(store.entries)[-1] == f"key {number}"
    assert "key 0" not in store.entries
    assert MOST_BYTES - store.bytes < 2 * len(body)


def test_memory_holds_so_many_answers_at_most() -> None:
    store = MemoryStore()
    for number in range(MOST_ENTRIES + 10):
        flight = look(store, f"key {number}", ("a",)).flight
        assert flight
        assert save(store, flight)
    assert len(store.entries) == MOST_ENTRIES
