"""The store in one process: for tests, and for what runs on a single worker."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha1
from threading import Lock
from time import monotonic

from hotroute import observe
from hotroute.cache.store import EPOCH, Answer, Entry, Flight, Question, State, Vector

MOST_ENTRIES = 10_000
NOBODY = "-"
"""Who holds a lease that was released: who waits is not to take it for that of a leader that died."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry in all its encodings, and until when."""

    vector: Vector
    head: bytes
    bodies: dict[str, bytes]
    until: float


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
        self.lock = Lock()
        self.nonces: dict[str, str] = {}
        self.marks: dict[str, dict[str, float]] = {}
        self.leases: dict[str, tuple[str, float]] = {}
        self.entries: dict[str, Stored] = {}

    def find(self, key: str, encodings: Sequence[str]) -> Answer | None:
        with self.lock:
            return self.kept(key, encodings)

    def look(self, question: Question) -> Answer:
        with self.lock:
            if found := self.kept(question.key, question.encodings):
                return found
            tags = (*question.tags, EPOCH)
            if any(self.marked(tag) for tag in tags):
                return Answer(State.DIRTY)
            vector = {tag: self.nonces.setdefault(tag, nonce()) for tag in tags}
            flight = Flight(question, question.key, lease_of(question.key, vector), vector)
            return Answer(State.LEAD if self.take(flight) else State.WAIT, flight=flight)

    def peek(self, flight: Flight) -> Answer:
        with self.lock:
            stored = self.entries.get(flight.entry)
            same = stored and stored.until > self.clock() and stored.vector.items() <= flight.vector.items()
            if stored and same and fits(stored, flight.question.encodings):
                return hit(stored, flight.question.encodings)
            held = self.leases.get(flight.lease)
            if held is None or held[1] <= self.clock():
                self.take(flight)
                return Answer(State.LEAD, flight=flight)
            return Answer(State.NONE if held[0] == NOBODY else State.WAIT)

    def save(self, flight: Flight, tags: Sequence[str], entry: Entry, others: Sequence[Entry], ttl: float) -> bool:
        with self.lock:
            used = {tag: flight.vector[tag] for tag in (*tags, EPOCH)}
            if not self.current(used):
                self.free(flight)
                return False
            if self.holds(flight):
                del self.leases[flight.lease]
            self.make_room()
            bodies = {variant.encoding: variant.body for variant in (entry, *others)}
            self.entries[flight.entry] = Stored(used, entry.head, bodies, self.clock() + ttl)
            return True

    def renew(self, flight: Flight) -> bool:
        with self.lock:
            if not self.holds(flight):
                return False
            self.leases[flight.lease] = flight.question.token, self.clock() + self.lease_ttl
            return True

    def release(self, flight: Flight) -> None:
        with self.lock:
            self.free(flight)

    def forget(self, key: str) -> None:
        with self.lock:
            self.entries.pop(key, None)

    def mark(self, tags: Sequence[str], token: str) -> None:
        with self.lock:
            for tag in tags:
                self.marks.setdefault(tag, {})[token] = self.clock() + self.mark_ttl
                self.nonces[tag] = nonce()

    def done(self, tags: Sequence[str], token: str, *, leave: bool = False) -> None:
        observe.count("invalidations")
        with self.lock:
            for tag in tags:
                if not leave:
                    self.marks.get(tag, {}).pop(token, None)
                self.nonces[tag] = nonce()

    def kept(self, key: str, encodings: Sequence[str]) -> Answer | None:
        stored = self.entries.get(key)
        if stored and stored.until > self.clock() and self.current(stored.vector) and fits(stored, encodings):
            return hit(stored, encodings)
        return None

    def current(self, vector: Vector) -> bool:
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
        if held is not None and held[0] != NOBODY and held[1] > self.clock():
            return False
        self.leases[flight.lease] = flight.question.token, self.clock() + self.lease_ttl
        return True

    def free(self, flight: Flight) -> None:
        if self.holds(flight):
            self.leases[flight.lease] = NOBODY, self.leases[flight.lease][1]

    def holds(self, flight: Flight) -> bool:
        return self.leases.get(flight.lease, ("", 0.0))[0] == flight.question.token

    def make_room(self) -> None:
        """The oldest goes first; entries keep the order in which they were stored."""
        while len(self.entries) >= MOST_ENTRIES:
            del self.entries[next(iter(self.entries))]


def fits(stored: Stored, encodings: Sequence[str]) -> bool:
    return any(encoding in stored.bodies for encoding in encodings)


def hit(stored: Stored, encodings: Sequence[str]) -> Answer:
    encoding = next(encoding for encoding in encodings if encoding in stored.bodies)
    return Answer(State.HIT, Entry(stored.head, stored.bodies[encoding], encoding))


def lease_of(key: str, vector: Vector) -> str:
    return f"{key}|{sha1('|'.join(vector.values()).encode(), usedforsecurity=False).hexdigest()}"


def nonce() -> str:
    return secrets.token_hex(8)
