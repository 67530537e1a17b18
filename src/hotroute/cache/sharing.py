"""What Flask-Caching's own calls may share between requests, where its defaults share too much."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response, has_request_context, request
from flask_caching.backends.base import BaseCache
from werkzeug.datastructures import Headers, ResponseCacheControl
from werkzeug.exceptions import HTTPException
from werkzeug.http import parse_cache_control_header

from hotroute.cache import capture
from hotroute.cache.serializer import ForRequest

Timeout = int | timedelta | None
HASHES = re.compile(r"([0-9a-f]{32,})?")


class Sharing(BaseCache):
    """In front of a backend. A key that the user chose is used as it is; under Flask-Caching's default key, a view's
    answer goes only to requests that ask for the same.
    """

    def get(self, key: str) -> Any:
        hide_tables()
        if default_key(key) and not shareable():
            return None
        return opened(key, super().get(key))

    def get_many(self, *keys: str) -> list[Any]:
        hide_tables()
        return [opened(key, value) for key, value in zip(keys, super().get_many(*keys), strict=True)]

    def has(self, key: str) -> bool:
        hide_tables()
        if default_key(key):
            return self.get(key) is not None
        return super().has(key)

    def set(self, key: str, value: Any, timeout: Timeout = None) -> bool | None:
        if not storable(value):
            return False
        if default_key(key):
            if not shareable():
                return False
            value = ForRequest(asked(), value)
        return super().set(key, value, timeout)

    def add(self, key: str, value: Any, timeout: Timeout = None) -> bool:
        hide_tables()
        return storable(value) and super().add(key, value, timeout)

    def set_many(self, mapping: dict[str, Any], timeout: Timeout = None) -> list[Any]:
        return super().set_many({key: value for key, value in mapping.items() if storable(value)}, timeout)

    def inc(self, key: str, delta: int = 1) -> int | None:
        hide_tables()
        return super().inc(key, delta)

    def dec(self, key: str, delta: int = 1) -> int | None:
        hide_tables()
        return super().dec(key, delta)


def hide_tables() -> None:
    """A hot view that uses a value from here depends on tables that nobody sees."""
    if seen := capture.current.get():
        seen.refuse("its tables are hidden")


def default_key(key: str) -> bool:
    """Whether this is the key that `@cache.cached()` makes for the request that is being answered."""
    if not has_request_context():
        return False
    default = f"view/{request.path}"
    return key.startswith(default) and HASHES.fullmatch(key, len(default)) is not None


def shareable() -> bool:
    return request.method in ("GET", "HEAD") and not {"Authorization", "Cookie"} & set(request.headers.keys())


def asked() -> str:
    return f"{request.url_root}?{urlencode(sorted(request.args.items(multi=True)))}"


def opened(key: str, found: Any) -> Any:
    if not isinstance(found, ForRequest):
        return found
    return None if default_key(key) and found.asked != asked() else found.value


def storable(value: Any) -> bool:
    """No errors of the server, nothing that was aborted, no cookies, nothing that says so, no streams."""
    if isinstance(value, HTTPException):
        return False
    if isinstance(value, Response):
        return not (value.is_streamed or value.direct_passthrough) and allows(value.status_code, value.headers)
    if type(value) is tuple and len(value) in (2, 3):
        return storable(value[0]) and allows(*described(value[1:]))
    return True


def described(rest: tuple[Any, ...]) -> tuple[int, Headers]:
    """Status and fields, as far as a tuple is an answer of a view (Flask's documentation, "About Responses")."""
    status = next((part for part in rest if type(part) is int), 200)
    fields = next((part for part in rest if isinstance(part, dict | Headers)), {})
    try:
        return status, Headers(fields)
    except (TypeError, ValueError):
        return status, Headers()


def allows(status: int, headers: Headers) -> bool:
    said = ", ".join(headers.getlist("Cache-Control")).lower()
    control = parse_cache_control_header(said, cls=ResponseCacheControl)
    forbidden = control.no_store or control.private is not None or headers.get("Vary", "").strip() == "*"
    return not (500 <= status < 600 or "Set-Cookie" in headers or forbidden)
