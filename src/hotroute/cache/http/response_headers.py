"""What a client gets: the encoding that it takes, 304 for what it has, and header fields that are right for copies."""

import re
from functools import lru_cache

from werkzeug.http import parse_accept_header

from hotroute.cache.decorator import RouteOptions
from hotroute.cache.http.entry import EntryMetadata
from hotroute.cache.http.policy import OF_THE_CACHE, Headers, merge_headers, parse_list
from hotroute.cache.store.base import IDENTITY, Entry

ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')
CODINGS = ("br", "gzip")


@lru_cache(1024)
def encodings(accepted: str | None) -> tuple[str, ...]:
    """The content codings that a client takes, the best first (RFC 9110, section 12.5.3); the plain one in any case."""
    if not accepted or len(accepted) > 1000:
        return (IDENTITY,)
    qualities = {name.lower(): quality for name, quality in parse_accept_header(accepted)}
    others = qualities.get("*", 0)
    offered = [(qualities.get(name, others), name) for name in CODINGS]
    plain = qualities.get(IDENTITY, 0)
    taken = [name for quality, name in sorted(offered, key=lambda each: -each[0]) if quality > 0 and quality >= plain]
    return (*taken, IDENTITY)


def etag(head: EntryMetadata, encoding: str) -> str:
    """Strong, so it differs between encodings (RFC 9110, section 8.8.3)."""
    return f'"{head.digest}"' if encoding == IDENTITY else f'"{head.digest}-{encoding}"'


def unchanged(given: str | None, tag: str) -> bool:
    """If-None-Match: a list or `*`, compared weakly (RFC 9110, section 13.1.2)."""
    if given is None:
        return False
    return given.strip() == "*" or tag in ENTITY_TAG.findall(given)


@lru_cache(1024)
def union(*fields: str) -> str:
    """One Vary from several; names are compared without case."""
    names = {name.strip().lower(): name.strip() for value in fields for name in value.split(",") if name.strip()}
    return "*" if "*" in names else ", ".join(names.values())


def hit_headers(hot: RouteOptions, head: EntryMetadata, entry: Entry, now: float, status: str, own: Headers) -> Headers:  # noqa: PLR0913, PLR0917
    """The header fields of an answer from an entry, with this request's `own`; the same for 200 and 304."""
    return [
        ("ETag", etag(head, entry.encoding)),
        ("Cache-Control", control(hot, own)),
        ("Vary", union(hot.varies, *(value for name, value in own if name.lower() == "vary"))),
        ("Age", str(max(0, int(now - head.made)))),
        ("Cache-Status", status),
        *((name, value) for name, value in own if name.lower() not in OF_THE_CACHE),
    ]


def control(hot: RouteOptions, own: Headers) -> str:
    """Return the Cache-Control of an answer from an entry: hooks may forbid more than the cache, not allow more."""
    said = merge_headers([field for field in own if field[0].lower() in {"cache-control", "set-cookie"}])
    given = said.get("cache-control", "")
    words = parse_list(given) if given else set()
    if "no-store" in words:
        return given
    is_private = hot.share == "per-caller" or "private" in words or "set-cookie" in said
    return "private, no-cache" if is_private else "no-cache"


def uncached_headers(hot: RouteOptions, headers: Headers, status: str) -> Headers:
    """The header fields of an answer that the application made: copies of it must be validated too, unless it says
    something else.
    """
    given = merge_headers(headers)
    is_shared = hot.share == "everyone" and "set-cookie" not in given
    said = [] if "cache-control" in given else [("Cache-Control", "no-cache" if is_shared else "private, no-cache")]
    kept = [(name, value) for name, value in headers if name.lower() != "vary"]
    vary = union(given.get("vary", ""), hot.varies)
    return [*kept, *said, ("Vary", vary), ("Cache-Status", status)]


def not_modified_headers(head: EntryMetadata) -> Headers:
    """What a 304 says besides of what it stands for (RFC 9110, section 15.4.5)."""
    return [(name, value) for name, value in head.headers if name.lower() == "content-location"]


def entity_headers(head: EntryMetadata, entry: Entry) -> Headers:
    """The fields that a 304 does without."""
    encoded = [] if entry.encoding == IDENTITY else [("Content-Encoding", entry.encoding)]
    # RFC 9110, section 8.6: a 204 says nothing of a length.
    length = [] if head.code == 204 else [("Content-Length", str(len(entry.body)))]
    return [*head.headers, *encoded, *length]


def remaining(hot: RouteOptions, head: EntryMetadata, now: float) -> int:
    """Seconds for which an entry is still kept, at most."""
    return max(0, int(head.made + hot.cache_statuses[head.code] - now))
