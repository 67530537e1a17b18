"""HTTP's rules for a shared cache that validates on every hit: RFC 9110 and 9111."""

import gzip
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import brotli  # type: ignore[import-untyped]
import orjson
from werkzeug.datastructures import ResponseCacheControl
from werkzeug.http import parse_accept_header, parse_cache_control_header, parse_set_header

from hotroute.cache.options import Hot
from hotroute.cache.store import IDENTITY, Entry

Headers = list[tuple[str, str]]

KEPT = frozenset(
    {"content-type", "content-language", "content-disposition", "content-security-policy", "link", "location",
     "x-content-type-options", "x-frame-options", "referrer-policy", "deprecation", "sunset", "retry-after"}
)  # fmt: skip
"""Response header fields that are stored; others belong to one request."""

HANDLED = frozenset({"accept-encoding", "origin"})
"""What answers may vary on unsaid: the encoding is chosen and CORS is answered for each hit."""

LARGEST = 1024 * 1024
"""Bytes of a body that is worth keeping in memory."""

COMPRESSIBLE = re.compile(r"text/|application/(json|javascript|xml|[\w.+-]+\+(json|xml))\b|image/svg\+xml")
WORTH_COMPRESSING = 256
ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')


@dataclass(frozen=True, slots=True)
class Head:
    """What is stored beside a body: status line, header fields, when it was made, and the body's digest."""

    status: str
    headers: Headers
    made: float
    digest: str

    def dump(self) -> bytes:
        return orjson.dumps([self.status, self.headers, self.made, self.digest])

    @staticmethod
    def load(data: bytes) -> "Head":
        status, headers, made, digest = orjson.loads(data)
        return Head(status, [(name, value) for name, value in headers], made, digest)


def obstacle(hot: Hot, status: str, headers: Headers) -> str:
    """Why a response may not be stored (RFC 9111, section 3); empty if it may."""
    fields = {name.lower(): value for name, value in headers}
    control = parse_cache_control_header(fields.get("cache-control"), cls=ResponseCacheControl)
    varies = {name.lower() for name in parse_set_header(fields.get("vary"))} if "vary" in fields else set()
    reasons = {
        "status": int(status[:3]) not in hot.statuses,
        "set-cookie": "set-cookie" in fields,
        "no-store": control.no_store,
        "private": control.private is not None,
        "vary": bool(varies - HANDLED - set(hot.vary) - ({"authorization"} if hot.caller != "anonymous" else set())),
        "encoded": fields.get("content-encoding", IDENTITY) != IDENTITY,
        "streamed": not fields.get("content-length", "").isdecimal(),
        "large": fields.get("content-length", "0").isdecimal() and int(fields.get("content-length", "0")) > LARGEST,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def pack(status: str, headers: Headers, body: bytes, made: float) -> list[Entry]:
    """The response in all encodings that are worth it, the plain one first."""
    kept = [(name, value) for name, value in headers if name.lower() in KEPT]
    head = Head(status, kept, made, blake2b(body, digest_size=16).hexdigest()).dump()
    kind = next((value for name, value in kept if name.lower() == "content-type"), "")
    entries = [Entry(head, body)]
    if len(body) >= WORTH_COMPRESSING and COMPRESSIBLE.match(kind):
        entries += [
            Entry(head, brotli.compress(body, quality=5), "br"),
            Entry(head, gzip.compress(body, 6, mtime=0), "gzip"),
        ]
    return entries


@lru_cache(1024)
def encodings(accepted: str | None) -> tuple[str, ...]:
    """The content codings that a client takes, the best first (RFC 9110, section 12.5.3); the plain one in any case."""
    if not accepted or len(accepted) > 1000:
        return (IDENTITY,)
    offered = parse_accept_header(accepted)
    qualities = {name.lower(): quality for name, quality in offered}
    taken = [name for name in ("br", "gzip") if qualities.get(name, qualities.get("*", 0)) > 0]
    return (*taken, IDENTITY)


def etag(head: Head, encoding: str) -> str:
    """Strong, so it differs between encodings (RFC 9110, section 8.8.3)."""
    return f'"{head.digest}"' if encoding == IDENTITY else f'"{head.digest}-{encoding}"'


def unchanged(given: str | None, tag: str) -> bool:
    """If-None-Match: a list or `*`, compared weakly (RFC 9110, section 13.1.2)."""
    if given is None:
        return False
    return given.strip() == "*" or tag in ENTITY_TAG.findall(given)


def fields(hot: Hot, head: Head, entry: Entry, now: float, status: str, own: Headers) -> Headers:  # noqa: PLR0913, PLR0917
    """The header fields of an answer from an entry, with this request's `own`."""
    varies = ["Accept-Encoding", *(["Authorization"] if hot.caller != "anyone" else []), *map(str.title, hot.vary)]
    varies += [value for name, value in own if name == "Vary"]
    return [
        ("ETag", etag(head, entry.encoding)),
        ("Cache-Control", "private, no-cache" if hot.caller == "each" else "no-cache"),
        ("Vary", ", ".join(varies)),
        ("Age", str(max(0, int(now - head.made)))),
        ("Cache-Status", status),
        *((name, value) for name, value in own if name != "Vary"),
    ]


def content(head: Head, entry: Entry) -> Headers:
    """The fields that a 304 does without."""
    encoded = [] if entry.encoding == IDENTITY else [("Content-Encoding", entry.encoding)]
    return [*head.headers, *encoded, ("Content-Length", str(len(entry.body)))]
