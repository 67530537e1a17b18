"""The store on a Redis primary: each step is one script and one round trip."""

import secrets
from collections.abc import Sequence

from hotroute.cache.link import Argument, Link, Script
from hotroute.cache.store import Answer, Entry, Flight, Question, State, Vector

LOOK, WAIT, SAVE, LEASE, MARK, DONE = (Script(name) for name in ("look", "wait", "save", "lease", "mark", "done"))

LONGEST = 24 * 3600
"""Seconds that a nonce lives, and that no entry may outlive."""


class RedisStore:
    """
    Args:
        link: to the server.
        namespace: of all keys; what shares it shares the cache.
        release: of the code; another release's entries are not ours, its marks are.
        mark_ttl: seconds; longer than any transaction takes between MARK and COMMIT. A server that is younger than
            this is not trusted.
        lease_ttl: seconds for which others wait for a leader that may have died.
    """

    def __init__(
        self, link: Link, namespace: str = "hot:", release: str = "", mark_ttl: float = 15.0, lease_ttl: float = 5.0
    ) -> None:
        self.link, self.namespace, self.code = link, namespace, release
        self.mark_ttl, self.lease_ttl = round(mark_ttl * 1000), round(lease_ttl * 1000)

    def look(self, question: Question) -> Answer:
        arguments: list[Argument] = [self.namespace, "{run}", self.mark_ttl, LONGEST * 1000, self.lease_ttl]
        arguments += [nonce(), question.token, " ".join(question.encodings), *question.tags]
        state, *rest = self.link.run(LOOK, [self.key(question)], *arguments)
        if state in (b"lead", b"wait"):
            entry, lease, *nonces = map(bytes.decode, rest)
            return Answer(
                State(state.decode()),
                flight=Flight(question, entry, lease, dict(zip(question.tags, nonces, strict=True))),
            )
        return found(state, rest)

    def peek(self, flight: Flight) -> Answer:
        pairs = [part for pair in flight.vector.items() for part in pair]
        encodings = " ".join(flight.question.encodings)
        state, *rest = self.link.run(WAIT, [flight.entry, flight.lease], encodings, *pairs)
        return Answer(State.LEAD, flight=flight) if state == b"gone" else found(state, rest)

    def save(self, flight: Flight, tags: Sequence[str], entry: Entry, others: Sequence[Entry], ttl: float) -> bool:
        bodies: list[Argument] = []
        for variant in (entry, *others):
            bodies += [variant.encoding, variant.body]
        used = written({tag: flight.vector[tag] for tag in tags})
        life = min(round(ttl * 1000), LONGEST * 1000)
        arguments = (self.namespace, flight.question.token, life, used, entry.head, *bodies)
        return bool(self.link.run(SAVE, [flight.entry, flight.lease], *arguments))

    def renew(self, flight: Flight) -> bool:
        return bool(self.link.run(LEASE, [flight.lease], flight.question.token, self.lease_ttl))

    def release(self, flight: Flight) -> None:
        self.link.run(LEASE, [flight.lease], flight.question.token, 0)

    def mark(self, tags: Sequence[str], token: str) -> None:
        self.link.run(MARK, [], self.namespace, self.mark_ttl, LONGEST * 1000, nonce(), token, *tags)

    def done(self, tags: Sequence[str], token: str, *, leave: bool = False) -> None:
        self.link.run(DONE, [], self.namespace, LONGEST * 1000, nonce(), token, int(leave), *tags)

    def key(self, question: Question) -> str:
        return f"{self.namespace}e:{self.code}:{question.key}"


def found(state: bytes, rest: list[bytes]) -> Answer:
    if state == b"hit":
        head, body, encoding = rest
        return Answer(State.HIT, Entry(head, body, encoding.decode()))
    return Answer(State(state.decode()))


def nonce() -> str:
    """Never a counter: one that was evicted would start again and meet an old entry."""
    return secrets.token_hex(8) + "."


def written(vector: Vector) -> str:
    return "".join(f"{tag}\n{nonce}\n" for tag, nonce in vector.items())
