"""The store on a Redis primary: each step is one script and one round trip."""

import hmac
import secrets
from collections.abc import Callable, Sequence
from hmac import compare_digest

from hotroute import observe
from hotroute.cache.link import Argument, Link, Refused, Script
from hotroute.cache.store import EPOCH, Answer, Entry, Flight, Question, State, Vector

LOOK, WAIT, SAVE, LEASE, MARK, DONE, REPAIR = (
    Script(name) for name in ("look", "wait", "save", "lease", "mark", "done", "repair")
)

LONGEST = 24 * 3600
"""Seconds that a nonce lives, and that no entry may outlive."""

SEAL, SLICE = 16, 2_000
"""Bytes."""


class Damaged(Exception):
    """An entry is not as it was stored."""


class RedisStore:
    """
    Args:
        link: to the server.
        namespace: of all keys; what shares it shares the cache.
        release: of the code; another release's entries are not ours, its marks are.
        mark_ttl: seconds; longer than any transaction takes between MARK and COMMIT. A server that is younger than
            this is not trusted.
        lease_ttl: seconds for which others wait for a leader that may have died.
        secret: with one, what others write into Redis is no answer of ours; without, only damage is noticed.
    """

    level = "redis"

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        link: Link,
        namespace: str = "hot:",
        release: str = "",
        mark_ttl: float = 15.0,
        lease_ttl: float = 5.0,
        secret: bytes = b"",
    ) -> None:
        self.link, self.namespace, self.code = link, namespace, release
        self.sealing = hmac.new(secret, digestmod="sha256")
        self.mark_ttl, self.lease_ttl = round(mark_ttl * 1000), round(lease_ttl * 1000)
        self.fence: tuple[str, ...] = ()
        self.unfenced: Callable[[], object] = nothing

    def find(self, key: str, encodings: Sequence[str]) -> Answer | None:
        try:
            state, *rest = self.ask(key, encodings)
            return None if state == b"cold" else self.found(key, state, rest)
        except (Damaged, Refused):
            # Who looks repairs it: with it may be a tag that only the question names.
            return None

    def look(self, question: Question) -> Answer:
        try:
            return self.leading(question)
        except Damaged:
            self.link.tell("damaged", "Redis holds a response that is damaged or not ours: it is deleted")
            self.repair([self.key(question.key)], question.tags)
            return Answer(State.DIRTY)
        except Refused:
            self.repair([self.key(question.key)], question.tags)
            raise

    def ask(self, key: str, encodings: Sequence[str], *leading: Argument) -> list[bytes]:
        keys = [self.key(key), *self.fence]
        answer: list[bytes] = self.link.run(
            LOOK, keys, self.namespace, "{run}", self.mark_ttl, " ".join(encodings), *leading
        )
        if answer[0] == b"dirty":
            self.unfenced()
        return answer

    def leading(self, question: Question) -> Answer:
        tags = (*question.tags, EPOCH)
        leading: tuple[Argument, ...] = (LONGEST * 1000, self.lease_ttl, nonce(), question.token, *tags)
        state, *rest = self.ask(question.key, question.encodings, *leading)
        if state in (b"lead", b"wait"):
            entry, lease, *nonces = map(bytes.decode, rest)
            return Answer(
                State(state.decode()),
                flight=Flight(question, entry, lease, dict(zip(tags, nonces, strict=True))),
            )
        return self.found(question.key, state, rest)

    def peek(self, flight: Flight) -> Answer:
        pairs = [part for pair in flight.vector.items() for part in pair]
        question = flight.question
        own: tuple[Argument, ...] = (" ".join(question.encodings), question.token, self.lease_ttl)
        state, *rest = self.link.run(WAIT, [flight.entry, flight.lease], *own, *pairs)
        if state == b"lead":
            return Answer(State.LEAD, flight=flight)
        try:
            return self.found(question.key, state, rest)
        except Damaged:
            return Answer(State.NONE)

    def save(self, flight: Flight, tags: Sequence[str], entry: Entry, others: Sequence[Entry], ttl: float) -> bool:
        used = written({tag: flight.vector[tag] for tag in (*tags, EPOCH)})
        bodies: list[Argument] = []
        for variant in (entry, *others):
            bodies += [variant.encoding, self.seal(flight.question.key, variant, used.encode()) + variant.body]
        life = min(round(ttl * 1000), LONGEST * 1000)
        arguments = (self.namespace, flight.question.token, life, used, entry.head, *bodies)
        try:
            return bool(self.link.run(SAVE, [flight.entry, flight.lease], *arguments))
        except Refused:
            # Full: those who wait for the answer must not wait until the lease ends.
            self.repair([flight.entry, flight.lease], tags)
            return False

    def renew(self, flight: Flight) -> bool:
        return bool(self.link.run(LEASE, [flight.lease], flight.question.token, self.lease_ttl))

    def release(self, flight: Flight) -> None:
        self.link.run(LEASE, [flight.lease], flight.question.token, 0)

    def forget(self, key: str) -> None:
        self.repair([self.key(key)], [])

    def mark(self, tags: Sequence[str], token: str) -> None:
        self.insist(MARK, tags, self.namespace, self.mark_ttl, LONGEST * 1000, nonce(), token)

    def done(self, tags: Sequence[str], token: str, *, leave: bool = False) -> None:
        observe.count("invalidations")
        self.insist(DONE, tags, self.namespace, LONGEST * 1000, nonce(), token, int(leave))

    def insist(self, script: Script, tags: Sequence[str], *arguments: Argument) -> None:
        """A write is not for a damaged key to hold up."""
        try:
            self.link.run(script, [], *arguments, *tags)
        except Refused:
            self.repair([], tags)
            self.link.run(script, [], *arguments, *tags)

    def repair(self, keys: list[str], tags: Sequence[str]) -> None:
        self.link.run(REPAIR, keys, self.namespace, "{run}", *tags)

    def found(self, key: str, state: bytes, rest: list[bytes]) -> Answer:
        """Raises:
        Damaged: what is stored is not what this store has stored.
        """
        if state != b"hit":
            return Answer(State(state.decode()))
        head, sealed, encoding, vector = rest
        if head is None:
            raise Damaged
        entry = Entry(head, sealed[SEAL:], encoding.decode())
        if not compare_digest(sealed[:SEAL], self.seal(key, entry, vector)):
            raise Damaged
        return Answer(State.HIT, entry)

    def seal(self, key: str, entry: Entry, vector: bytes) -> bytes:
        """Over all that makes an answer, what it depends on included; lengths part one from the other.

        SHA-256, which processors compute: BLAKE2 takes twice as long for a list. In slices, for which Python does not
        give up the interpreter.
        """
        made = self.sealing.copy()
        made.update(b"%d:%d:%s:%s\n" % (len(entry.head), len(vector), entry.encoding.encode(), key.encode()))
        made.update(entry.head)
        made.update(vector)
        for start in range(0, len(entry.body), SLICE):
            made.update(entry.body[start : start + SLICE])
        return made.digest()[:SEAL]

    def key(self, key: str) -> str:
        return f"{self.namespace}e:{self.code}:{key}"


def nothing() -> None:
    """Where there is no fence."""


def nonce() -> str:
    """Never a counter: one that was evicted would start again and meet an old entry."""
    return secrets.token_hex(8) + "."


def written(vector: Vector) -> str:
    return "".join(f"{tag}\n{nonce}\n" for tag, nonce in vector.items())
