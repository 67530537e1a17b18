"""The store in one process: for tests, and for what runs on a single worker."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from threading import Lock
from time import monotonic
from typing import NamedTuple

from hotroute import instrumentation
from hotroute.cache.store.base import EPOCH, Entry, FillRequest, Flight, LookupResult, LookupState, TagVersions
from hotroute.fork_safety import reset_in_children

MOST_ENTRIES, MOST_BYTES = 10_000, 64 * 2**20
SPARE = 1000
"""Nonces and leases that nothing needs any more, before they are looked for."""
NOBODY = "-"
"""Who holds a lease that was released: who waits is not to take it for that of a leader that died."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry in all its encodings, and until when."""

    vector: TagVersions
    head: bytes
    bodies: dict[str, bytes]
    until: float

    @property
    def size(self) -> int:
        return len(self.head) + sum(map(len, self.bodies.values()))


class Lease(NamedTuple):
    """Who leads, until when, and on which tags."""

    leader: str
    until: float
    tags: frozenset[str]


class MemoryStore:
    """The same steps as `RedisStore`, each under one lock instead of in one script.

    Args:
        mark_ttl, lease_ttl: seconds, as there.
        clock: seconds that only rise.
    """

    level = "memory"
    one_process = True
    """Another process's writes are not seen: the front asks it only where the server runs no other."""

    def __init__(self, mark_ttl: float = 15.0, lease_ttl: float = 5.0, clock: Callable[[], float] = monotonic) -> None:
        self.mark_ttl, self.lease_ttl, self.clock = mark_ttl, lease_ttl, clock
        self.reset_after_fork()
        reset_in_children(self)
        self.nonces: dict[str, str] = {}
        self.marks: dict[str, dict[str, float]] = {}
        self.leases: dict[str, Lease] = {}
        self.entries: dict[str, Stored] = {}
        self.bytes, self.enough = 0, SPARE

    def reset_after_fork(self) -> None:
        """Replace the lock, which a thread of the parent may hold."""
        self.lock = Lock()

    def find(self, key: str, encodings: Sequence[str]) -> LookupResult | None:
        with self.lock:
            return self.kept(key, encodings)

    def look(self, question: FillRequest) -> LookupResult:
        with self.lock:
            if found := self.kept(question.key, question.encodings):
                return found
            self.tidy()
            tags = (*question.tags, EPOCH)
            if any(self.marked(tag) for tag in tags):
                return LookupResult(LookupState.INVALIDATING)
            vector = {tag: self.nonces.setdefault(tag, nonce()) for tag in tags}
            flight = Flight(question, question.key, lease_of(question.key, vector), vector)
            return LookupResult(LookupState.LEAD if self.take(flight) else LookupState.WAIT, flight=flight)

    def peek(self, flight: Flight) -> LookupResult:
        with self.lock:
            stored = self.entries.get(flight.entry)
            same = stored and stored.until > self.clock() and stored.vector.items() <= flight.vector.items()
            if stored and same and fits(stored, flight.question.encodings):
                return hit(stored, flight.question.encodings)
            held = self.leases.get(flight.lease)
            if held is None or held.until <= self.clock():
                self.take(flight)
                return LookupResult(LookupState.LEAD, flight=flight)
            return LookupResult(LookupState.GAVE_UP if held.leader == NOBODY else LookupState.WAIT)

    def save(self, flight: Flight, tags: Sequence[str], entry: Entry, others: Sequence[Entry], ttl: float) -> bool:
        with self.lock:
            used = {tag: flight.vector[tag] for tag in (*tags, EPOCH)}
            if not self.current(used):
                self.free(flight)
                return False
            if self.holds(flight):
                del self.leases[flight.lease]
            bodies = {variant.encoding: variant.body for variant in (entry, *others)}
            self.keep(flight.entry, Stored(used, entry.head, bodies, self.clock() + ttl))
            return True

    def renew(self, flight: Flight) -> bool:
        with self.lock:
            if not self.holds(flight):
                return False
            self.lease(flight)
            return True

    def release(self, flight: Flight) -> None:
        with self.lock:
            self.free(flight)

    def forget(self, key: str) -> None:
        with self.lock:
            self.drop(key)

    def clear(self) -> None:
        """All answers, and nothing of what the guarantee rests on."""
        with self.lock:
            self.entries.clear()
            self.bytes = 0

    def mark(self, tags: Sequence[str], token: str) -> None:
        with self.lock:
            self.tidy()
            for tag in tags:
                self.marks.setdefault(tag, {})[token] = self.clock() + self.mark_ttl
                self.nonces[tag] = nonce()

    def done(self, tags: Sequence[str], token: str, *, leave: bool = False) -> None:
        instrumentation.increment("invalidations")
        with self.lock:
            self.tidy()
            for tag in tags:
                if not leave:
                    self.marks.get(tag, {}).pop(token, None)
                self.nonces[tag] = nonce()

    def kept(self, key: str, encodings: Sequence[str]) -> LookupResult | None:
        stored = self.entries.get(key)
        if stored and stored.until > self.clock() and self.current(stored.vector) and fits(stored, encodings):
            return hit(stored, encodings)
        return None

    def current(self, vector: TagVersions) -> bool:
        return all(self.nonces.get(tag) == seen and not self.marked(tag) for tag, seen in vector.items())

    def marked(self, tag: str) -> bool:
        marks = self.marks.get(tag)
        if not marks:
            return False
        now = self.clock()
        self.marks[tag] = {token: until for token, until in marks.items() if until > now}
        return bool(self.marks[tag])

    def take(self, flight: Flight) -> bool:
        held = self.leases.get(flight.lease)
        if held is not None and held.leader != NOBODY and held.until > self.clock():
            return False
        self.lease(flight)
        return True

    def lease(self, flight: Flight) -> None:
        until = self.clock() + self.lease_ttl
        self.leases[flight.lease] = Lease(flight.question.token, until, frozenset(flight.vector))

    def free(self, flight: Flight) -> None:
        if self.holds(flight):
            self.leases[flight.lease] = self.leases[flight.lease]._replace(leader=NOBODY)

    def holds(self, flight: Flight) -> bool:
        held = self.leases.get(flight.lease)
        return held is not None and held.leader == flight.question.token

    def keep(self, key: str, stored: Stored) -> None:
        """The oldest make room; entries keep the order in which they were stored."""
        self.drop(key)
        while self.entries and (len(self.entries) >= MOST_ENTRIES or self.bytes + stored.size > MOST_BYTES):
            self.drop(next(iter(self.entries)))
        self.entries[key] = stored
        self.bytes += stored.size

    def drop(self, key: str) -> None:
        if stored := self.entries.pop(key, None):
            self.bytes -= stored.size

    def tidy(self) -> None:
        """Forget what nothing needs. A fresh nonce replaces one that is missing: at worst an answer is made anew."""
        if len(self.nonces) + len(self.leases) + len(self.marks) < self.enough:
            return
        now = self.clock()
        for key in [key for key, stored in self.entries.items() if stored.until <= now]:
            self.drop(key)
        self.leases = {name: lease for name, lease in self.leases.items() if lease.until > now}
        self.marks = {tag: self.marks[tag] for tag in list(self.marks) if self.marked(tag)}
        needed = {tag for stored in self.entries.values() for tag in stored.vector}
        needed.update(tag for lease in self.leases.values() for tag in lease.tags)
        self.nonces = {tag: seen for tag, seen in self.nonces.items() if tag in needed}
        self.enough = 2 * (len(self.nonces) + len(self.leases) + len(self.marks)) + SPARE


def fits(stored: Stored, encodings: Sequence[str]) -> bool:
    return any(encoding in stored.bodies for encoding in encodings)


def hit(stored: Stored, encodings: Sequence[str]) -> LookupResult:
    encoding = next(encoding for encoding in encodings if encoding in stored.bodies)
    return LookupResult(LookupState.HIT, Entry(stored.head, stored.bodies[encoding], encoding))


def lease_of(key: str, vector: TagVersions) -> str:
    return f"{key}|{sha1('|'.join(vector.values()).encode(), usedforsecurity=False).hexdigest()}"


def nonce() -> str:
    return secrets.token_hex(8)
