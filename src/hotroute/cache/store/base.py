"""What a store of responses answers, whichever server it is on: the words of the invalidation protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

TagVersions = Mapping[str, str]
"""Tags and the nonces that they had at one moment."""

IDENTITY = "identity"

EPOCH = "!epoch"
"""A tag of every answer, for what may have changed everything."""


def written(tag: str) -> str:
    """As a store is given it, by readers and writers alike: lines separate what a stored vector consists of."""
    return tag.replace("\n", "%0A")


class LookupState(StrEnum):
    """How things stand for who asks."""

    HIT = "hit"
    LEAD = "lead"  # nobody has the answer: find it, and store it
    WAIT = "wait"  # somebody is finding it
    GAVE_UP = "none"  # who was finding it had none that could be stored: find it, and do not store it
    INVALIDATING = "dirty"  # a writer is about, or may have been: find it, and do not store it


class Entry(NamedTuple):
    """A stored response: what is the same for all its encodings, and one of them."""

    head: bytes
    body: bytes
    encoding: str = IDENTITY


@dataclass(frozen=True, slots=True)
class FillRequest:
    """What is asked for.

    Attributes:
        key: names the response; two questions with the same key want the same bytes.
        tags: everything that the answer may depend on, without repeats; stores add `EPOCH`.
        encodings: content codings that would do, the best first.
        token: who asks; unique to the question.
    """

    key: str
    tags: tuple[str, ...]
    encodings: tuple[str, ...]
    token: str


@dataclass(frozen=True, slots=True)
class Flight:
    """A question that is being answered, as of the moment when it was asked."""

    question: FillRequest
    entry: str
    lease: str
    vector: TagVersions = field(default_factory=dict)


class LookupResult(NamedTuple):
    """To a HIT belongs an entry, to LEAD and WAIT a flight."""

    state: LookupState
    entry: Entry | None = None
    flight: Flight | None = None


class Store(Protocol):
    """The steps of the protocol; see docs/cache.md. Each may raise `Unreachable`.

    Attributes:
        mark_ttl: seconds that a mark holds: who has one for almost as long may not commit any more.
        lease_ttl: seconds that a lease holds, unless it is renewed.
    """

    mark_ttl: float
    lease_ttl: float

    def find(self, key: str, encodings: Sequence[str]) -> LookupResult | None:
        """LOOK, for who would not lead and needs no tags: HIT or DIRTY; None where only `look` can tell."""

    def look(self, question: FillRequest) -> LookupResult:
        """LOOK, and the lease of who leads."""

    def peek(self, flight: Flight) -> LookupResult:
        """WAIT: HIT with the leader's answer to the same question; WAIT; NONE where it had none; or LEAD, in
        the place of one that died.
        """

    def save(self, flight: Flight, tags: Sequence[str], entry: Entry, others: Sequence[Entry], ttl: float) -> bool:
        """SAVE: store the answer, which used `tags`, in all its encodings, and free the lease."""

    def renew(self, flight: Flight) -> bool:
        """Keep the lease for another while; False where it is another's by now."""

    def release(self, flight: Flight) -> None:
        """Free the lease without an answer."""

    def forget(self, key: str) -> None:
        """Delete an answer, which is not one that would be stored."""

    def mark(self, tags: Sequence[str], token: str) -> None:
        """MARK, before COMMIT."""

    def done(self, tags: Sequence[str], token: str, *, leave: bool = False) -> None:
        """DONE, after COMMIT; `leave` the mark to expire where nobody knows whether the transaction was committed."""
