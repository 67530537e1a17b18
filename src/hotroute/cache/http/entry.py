"""What is stored: a response's head, and its body in each encoding."""

import gzip
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import blake2b

import brotli  # type: ignore[import-untyped]
import orjson

from hotroute.cache.decorator import RouteOptions
from hotroute.cache.http.policy import KEPT, MADE_ANEW, Headers, length_of, merge_headers
from hotroute.cache.store.base import IDENTITY, Entry

COMPRESSIBLE = re.compile(r"text/|application/(json|javascript|xml|[\w.+-]+\+(json|xml))\b|image/svg\+xml")
WORTH_COMPRESSING = 256
CONTROL = re.compile(r"[\x00-\x1f\x7f]|[^\x00-\xff]")


@dataclass(frozen=True)
class EntryMetadata:
    """What is stored beside a body: status line, header fields, when it was made (seconds of the epoch), the digest of
    the whole (see `digest`).
    """

    status: str
    headers: Headers
    made: float
    digest: str

    def dump(self) -> bytes:
        return orjson.dumps([self.status, self.headers, self.made, self.digest])

    @cached_property
    def code(self) -> int:
        return int(self.status[:3])


@dataclass(frozen=True, slots=True)
class ViewResponse:
    """A response as it was made; None in place of a body that is streamed."""

    status: str
    headers: Headers
    body: bytes | None

    @property
    def complete(self) -> bool:
        """Whether the body has the length that its header fields say."""
        return self.body is None or int(length_of(self.status, merge_headers(self.headers))) == len(self.body)


@lru_cache(1024)
def load(data: bytes) -> EntryMetadata:
    """Raises:
    ValueError: it is not what `Head.dump` gives.
    """
    try:
        status, headers, made, digest = orjson.loads(data)
        head = EntryMetadata(status, [(name, value) for name, value in headers], float(made), digest)
        texts = [status, digest, *(text for pair in head.headers for text in pair)]
        if any(CONTROL.search(text) for text in texts) or not 200 <= head.code < 500:
            raise ValueError("no such response")
    except (TypeError, ValueError, OverflowError) as reason:
        raise ValueError(f"not a stored head: {reason}") from None
    return head


def opened(hot: RouteOptions, entry: Entry) -> EntryMetadata | None:
    """The head of an entry; None if it is not one that the route would store."""
    try:
        head = load(entry.head)
    except ValueError:
        return None
    return head if head.code in hot.cache_statuses else None


def digest(status: str, headers: Headers, body: bytes) -> str:
    """Return what an entity tag is made of: a 304 confirms the status and the stored fields too, not the body alone."""
    fields = sorted(([name.lower(), value] for name, value in headers), key=lambda field: field[0])
    return blake2b(orjson.dumps([status, fields]) + body, digest_size=16).hexdigest()


def after_hooks(head: EntryMetadata, headers: Headers) -> tuple[EntryMetadata, Headers]:
    """Return the head with its fields as hooks have left them, and the fields that hooks have added.

    A 304 updates the value of an added field, but it cannot take one away: the tag covers the added names.
    """
    stored = {name.lower() for name, _ in head.headers}
    kept = [(name, value) for name, value in headers if name.lower() in stored]
    added = [(name, value) for name, value in headers if name.lower() not in stored]
    names = sorted({name.lower() for name, _ in added} - MADE_ANEW - {"set-cookie"})
    tag = digest(head.digest, [*kept, *((name, "") for name in names)], b"") if names or kept != head.headers else ""
    return EntryMetadata(head.status, kept, head.made, tag or head.digest), added


def pack(hot: RouteOptions, made: ViewResponse, now: float, *, compress: bool = True) -> list[Entry]:
    """The response in all encodings that are worth it, the plain one first."""
    kept = [(name, value) for name, value in made.headers if name.lower() in KEPT or name.lower() in hot.store_headers]
    body = made.body or b""
    bodies = {IDENTITY: body}
    if compress and len(body) >= WORTH_COMPRESSING and COMPRESSIBLE.match(merge_headers(kept).get("content-type", "")):
        smaller = {"br": brotli.compress(body, quality=5), "gzip": gzip.compress(body, 6, mtime=0)}
        bodies |= {name: data for name, data in smaller.items() if len(data) < len(body)}
    head = EntryMetadata(made.status, kept, now, digest(made.status, kept, body)).dump()
    return [Entry(head, data, name) for name, data in bodies.items()]
