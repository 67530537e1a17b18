"""Flask-Caching's own calls: under its default key, a view's answer goes only to requests that ask for the same."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl

import orjson
from flask import has_request_context, request
from flask.globals import request_ctx
from flask_caching.backends.base import BaseCache

from hotroute.cache.flask_caching.json_serializer import ForRequest
from hotroute.cache.tracking import reads
from hotroute.cache.view_answers import is_storable, varied_fields

Timeout = int | timedelta | None
HASHES = re.compile(r"([0-9a-f]{32,})?")

BEFORE_THE_VIEW = "hotroute.before_the_view"
"""In the WSGI environment: `changes` as they were when the cache was asked."""


class Sharing(BaseCache):
    """In front of a backend. A key that the user chose is used as it is."""

    def get(self, key: str) -> Any:
        hide_tables()
        if not is_default_key(key):
            return opened(key, super().get(key))
        request.environ[BEFORE_THE_VIEW] = changes()
        return opened(key, super().get(key)) if is_shared() else None

    def get_many(self, *keys: str) -> list[Any]:
        hide_tables()
        return [opened(key, value) for key, value in zip(keys, super().get_many(*keys), strict=True)]

    def has(self, key: str) -> bool:
        hide_tables()
        if not is_default_key(key):
            return super().has(key)
        found = super().get(key) if is_shared() else None
        # A view may have answered None, which `cache_none` keeps.
        return is_for_this_request(found) if isinstance(found, ForRequest) else found is not None

    def set(self, key: str, value: Any, timeout: Timeout = None) -> bool | None:
        kept = admitted({key: value})
        return super().set(key, kept[key], timeout) if kept else False

    def add(self, key: str, value: Any, timeout: Timeout = None) -> bool:
        hide_tables()
        kept = admitted({key: value})
        return bool(kept) and super().add(key, kept[key], timeout)

    def set_many(self, mapping: dict[str, Any], timeout: Timeout = None) -> list[Any]:
        return super().set_many(admitted(mapping), timeout)

    def inc(self, key: str, delta: int = 1) -> int | None:
        hide_tables()
        return super().inc(key, delta)

    def dec(self, key: str, delta: int = 1) -> int | None:
        hide_tables()
        return super().dec(key, delta)


def hide_tables() -> None:
    """Keep a hot view that uses a value from here from being stored: it depends on tables that nobody sees."""
    if seen := reads.current.get():
        seen.mark_uncacheable("untracked read")


def is_default_key(key: str) -> bool:
    """Return whether `@cache.cached()` makes this key for the request that is being answered."""
    if not (has_request_context() and isinstance(key, str)):
        return False
    default = f"view/{request.path}"
    return key.startswith(default) and HASHES.fullmatch(key, len(default)) is not None


def is_shared() -> bool:
    """Return whether the request is one whose answer others may have made."""
    return request.method in ("GET", "HEAD") and not any(
        name in request.headers for name in ("Authorization", "Cookie")
    )


def is_for_others() -> bool:
    """Return whether others may have the answer that is made now: the whole, without what only this visitor gets."""
    is_changed = changes() != request.environ.get(BEFORE_THE_VIEW, (False, 0))
    return request.method == "GET" and is_shared() and not has_session() and not is_changed


def has_session() -> bool:
    """Return whether the visitor's session holds something: its cookie is set after the view."""
    return bool(set(request_ctx._session or ()) - {"_permanent"})


def changes() -> tuple[bool, int]:
    """Return what a view may do beside its answer: change the session, register `after_this_request` functions."""
    return bool(getattr(request_ctx._session, "modified", False)), len(request_ctx._after_request_functions)


def admitted(mapping: Mapping[str, Any]) -> dict[str, Any]:
    """Return what may be stored of the values, in the form in which it is."""
    allowed = {key: value for key, value in mapping.items() if is_storable(value)}
    return {
        key: for_this_request(value) if is_default_key(key) else value
        for key, value in allowed.items()
        if not is_default_key(key) or is_for_others()
    }


def for_this_request(value: Any) -> ForRequest:
    if isinstance(value, ForRequest):
        return value
    fields = varied_fields(value)
    return ForRequest(describe_request(fields), fields, value)


def is_for_this_request(found: ForRequest) -> bool:
    return found.asked == describe_request(found.fields)


def describe_request(fields: Iterable[str]) -> str:
    """Return a digest of what the answer depends on: scheme, host, parameters (those of one name in their order), and
    the fields that it varies on; a digest, for a field may be a secret.
    """
    pairs = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True, encoding="latin-1")
    varied = [[name, request.headers.get(name)] for name in fields]
    text = orjson.dumps([request.url_root, sorted(pairs, key=lambda pair: pair[0]), varied])
    return blake2b(text, digest_size=16).hexdigest()


def opened(key: str, found: Any) -> Any:
    """Return a value as the caller gets it; None for an answer to another request."""
    if not is_default_key(key):
        return found.value if isinstance(found, ForRequest) else found
    if not is_shared():
        return None
    if isinstance(found, ForRequest):
        return found.value if is_for_this_request(found) else None
    return found
