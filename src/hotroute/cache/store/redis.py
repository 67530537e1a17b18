"""The store on a Redis primary: each step is one round trip, and a script except where a hit is expected again."""

import secrets
from collections.abc import Callable, Sequence
from typing import NamedTuple

from hotroute import instrumentation
from hotroute.cache.redis_client.client import Argument, RedisClient, Refused, Script
from hotroute.cache.store.base import EPOCH, Entry, FillRequest, Flight, LookupResult, LookupState, TagVersions
from hotroute.cache.store.fast_path import COMMANDS, MOST, FastPath, prepare
from hotroute.cache.store.signing import SEAL, Signer

LOOK, WAIT, SAVE, LEASE, MARK, DONE, REPAIR = (
    Script(name) for name in ("look", "wait", "save", "lease", "mark", "done", "repair")
)

LONGEST = 24 * 3600
"""Seconds that a nonce lives, and that no entry may outlive."""


class Damaged(Exception):
    """An entry is not as it was stored."""


class FastPathKey(NamedTuple):
    """What a glance is for: the name of an answer, content codings that would do, and the fence that must be there."""

    key: str
    encodings: Sequence[str]
    fence: tuple[str, ...]


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
        link: RedisClient,
        namespace: str = "hot:",
        release: str = "",
        mark_ttl: float = 15.0,
        lease_ttl: float = 5.0,
        secret: bytes | str = b"",
    ) -> None:
        self.link, self.namespace, self.code = link, namespace, release
        self.seal = Signer(secret)
        self.mark_ttl, self.lease_ttl = mark_ttl, lease_ttl
        self.fence: tuple[str, ...] = ()
        self.on_missing: Callable[[], object] = nothing
        self.glances: dict[FastPathKey, FastPath] = {}

    def find(self, key: str, encodings: Sequence[str]) -> LookupResult | None:
        asked = FastPathKey(key, encodings, self.fence)
        known = self.glances.get(asked)
        try:
            if known:
                return self.again(asked, known)
            state, *rest = self.ask(key, encodings)
            if state == b"cold":
                return None
            found = self.found(key, state, rest)
            if found.entry:
                self.remember(asked, rest)
            return found
        except (Damaged, Refused):
            # Who looks repairs it: with it may be a tag that only the question names.
            return None

    def again(self, asked: FastPathKey, known: FastPath) -> LookupResult | None:
        """What was a hit, if it still is one; why it is not, the script will say."""
        stored = known.read(self.link.send(known.commands, COMMANDS, known.run_id))
        if stored is None:
            self.glances.pop(asked, None)
            return None
        return self.found(asked.key, b"hit", stored)

    def remember(self, asked: FastPathKey, hit: Sequence[bytes]) -> None:
        if len(self.glances) >= MOST:
            self.glances.clear()
        self.glances[asked] = prepare(self.namespace, self.key(asked.key), asked.fence, hit)

    def look(self, question: FillRequest) -> LookupResult:
        try:
            return self.leading(question)
        except Damaged:
            self.link.tell("damaged", "Redis holds a response that is damaged or not ours: it is deleted")
            self.repair([self.key(question.key)], question.tags)
            return LookupResult(LookupState.INVALIDATING)
        except Refused:
            self.repair([self.key(question.key)], question.tags)
            raise

    def ask(self, key: str, encodings: Sequence[str], *leading: Argument) -> list[bytes]:
        keys = [self.key(key), *self.fence]
        answer: list[bytes] = self.link.run(
            LOOK, keys, self.namespace, "{run}", ms(self.mark_ttl), " ".join(encodings), *leading
        )
        if answer[0] == b"dirty":
            self.on_missing()
        return answer

    def leading(self, question: FillRequest) -> LookupResult:
        tags = (*question.tags, EPOCH)
        leading: tuple[Argument, ...] = (LONGEST * 1000, ms(self.lease_ttl), nonce(), question.token, *tags)
        state, *rest = self.ask(question.key, question.encodings, *leading)
        if state in (b"lead", b"wait"):
            entry, lease, *nonces = map(bytes.decode, rest)
            return LookupResult(
                LookupState(state.decode()),
                flight=Flight(question, entry, lease, dict(zip(tags, nonces, strict=True))),
            )
        return self.found(question.key, state, rest)

    def peek(self, flight: Flight) -> LookupResult:
        pairs = [part for pair in flight.vector.items() for part in pair]
        question = flight.question
        own: tuple[Argument, ...] = (" ".join(question.encodings), question.token, ms(self.lease_ttl))
        state, *rest = self.link.run(WAIT, [flight.entry, flight.lease], *own, *pairs)
        if state == b"lead":
            return LookupResult(LookupState.LEAD, flight=flight)
        try:
            return self.found(question.key, state, rest)
        except Damaged:
            return LookupResult(LookupState.GAVE_UP)

    def save(self, flight: Flight, tags: Sequence[str], entry: Entry, others: Sequence[Entry], ttl: float) -> bool:
        used = written({tag: flight.vector[tag] for tag in (*tags, EPOCH)})
        bodies: list[Argument] = []
        for variant in (entry, *others):
            bodies += [variant.encoding, self.seal.sign(flight.question.key, variant, used.encode()) + variant.body]
        life = min(ms(ttl), LONGEST * 1000)
        arguments = (self.namespace, flight.question.token, life, used, entry.head, *bodies)
        try:
            return bool(self.link.run(SAVE, [flight.entry, flight.lease], *arguments))
        except Refused:
            # Full: those who wait for the answer must not wait until the lease ends.
            self.repair([flight.entry, flight.lease], tags)
            return False

    def renew(self, flight: Flight) -> bool:
        return bool(self.link.run(LEASE, [flight.lease], flight.question.token, ms(self.lease_ttl)))

    def release(self, flight: Flight) -> None:
        self.link.run(LEASE, [flight.lease], flight.question.token, 0)

    def forget(self, key: str) -> None:
        self.repair([self.key(key)], [])

    def mark(self, tags: Sequence[str], token: str) -> None:
        self.insist(MARK, tags, self.namespace, ms(self.mark_ttl), LONGEST * 1000, nonce(), token)

    def done(self, tags: Sequence[str], token: str, *, leave: bool = False) -> None:
        instrumentation.increment("invalidations")
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

    def found(self, key: str, state: bytes, rest: Sequence[bytes]) -> LookupResult:
        """Raises:
        Damaged: what is stored is not what this store has stored.
        """
        if state != b"hit":
            return LookupResult(LookupState(state.decode()))
        head, sealed, encoding, vector, *_ = rest
        if head is None:
            raise Damaged
        entry = Entry(head, sealed[SEAL:], encoding.decode())
        if not self.seal.verify(sealed[:SEAL], key, entry, vector):
            raise Damaged
        return LookupResult(LookupState.HIT, entry)

    def key(self, key: str) -> str:
        return f"{self.namespace}e:{self.code}:{key}"


def nothing() -> None:
    """Where there is no fence."""


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def nonce() -> str:
    """Never a counter: one that was evicted would start again and meet an old entry."""
    return secrets.token_hex(8) + "."


def written(vector: TagVersions) -> str:
    return "".join(f"{tag}\n{nonce}\n" for tag, nonce in vector.items())
