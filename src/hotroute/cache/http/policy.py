"""Which requests and responses a shared cache that validates on every hit may handle: RFC 9110 and 9111."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hotroute.cache.decorator import RouteOptions
from hotroute.cache.reasons import Reason
from hotroute.cache.store.base import IDENTITY

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Headers = list[tuple[str, str]]

KEPT = frozenset(
    {"content-type", "content-language", "content-disposition", "content-location", "content-security-policy",
     "content-security-policy-report-only", "cross-origin-embedder-policy", "cross-origin-opener-policy",
     "cross-origin-resource-policy", "deprecation", "link", "location", "permissions-policy", "referrer-policy",
     "retry-after", "strict-transport-security", "sunset", "x-content-type-options", "x-frame-options",
     "x-robots-tag", "x-xss-protection"}
)  # fmt: skip
"""Response header fields that are stored. Of others nobody knows whether they belong to one request."""

OF_THE_CACHE = frozenset(
    {"accept-ranges", "age", "cache-control", "cache-status", "content-length", "etag", "expires", "last-modified",
     "pragma", "vary"}
)  # fmt: skip
"""Those that the cache says for each answer, or that a stored answer does without."""

MADE_ANEW = OF_THE_CACHE | {"connection", "date", "keep-alive", "server", "server-timing", "x-request-id"}
"""The same, and those that the server, or a hook on each hit, says for each answer."""

CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE", "HTTP_IF_RANGE")
"""What would make the application answer with less than the whole."""

PRECONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")
"""The application's to check; what is stored was never asked for with one."""

LARGEST = 1024 * 1024
"""Bytes of a body that is worth keeping in memory."""


def merge_headers(headers: Headers) -> dict[str, str]:
    """By name in lower case; several fields of one name are one with commas (RFC 9110, section 5.3)."""
    fields = dict[str, str]()
    for name, value in headers:
        lower = name.lower()
        fields[lower] = f"{fields[lower]}, {value}" if lower in fields else value
    return fields


def parse_list(value: str) -> set[str]:
    """The members of a list such as Vary's or Cache-Control's, in lower case and without their arguments."""
    return {part.partition("=")[0].strip().lower() for part in value.split(",")} - {""}


def bypass_reason(environ: "WSGIEnvironment") -> str:
    """Why a request is the application's to answer, whatever is stored; empty if it is not."""
    if environ.get("CONTENT_LENGTH") not in (None, "", "0") or "HTTP_TRANSFER_ENCODING" in environ:
        return Reason.CONTENT
    if any(name in environ for name in PRECONDITIONS):
        return Reason.PRECONDITION
    control = environ.get("HTTP_CACHE_CONTROL")
    return Reason.REQUEST_NO_STORE if control and "no-store" in parse_list(control) else ""


def response_refusal(hot: RouteOptions, status: str, headers: Headers, handled: Iterable[str] = ()) -> str:
    """Why a response may not be stored (RFC 9111, section 3); empty if it may.

    Args:
        handled: in lower case, the request header fields that it may vary on as each hit answers them anew.
    """
    fields = merge_headers(headers)
    control = parse_list(fields.get("cache-control", ""))
    declared = {"accept-encoding", *hot.vary, *handled, *(hot.credentials if hot.share == "per-caller" else ())}
    reasons = {
        Reason.STATUS: int(status[:3]) not in hot.cache_statuses,
        Reason.SET_COOKIE: "set-cookie" in fields,
        Reason.NO_STORE: "no-store" in control,
        Reason.PRIVATE: "private" in control,
        Reason.VARY: bool(parse_list(fields.get("vary", "")) - declared),
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def content_refusal(hot: RouteOptions, status: str, headers: Headers, own: Iterable[str] = ()) -> str:
    """Why the content that a view made may not be stored; empty if it may.

    Args:
        own: names of the header fields that each hit gets anew, in lower case.
    """
    fields = merge_headers(headers)
    length = length_of(status, fields)
    if fields.get("content-encoding", IDENTITY).lower() != IDENTITY:
        return Reason.ENCODED
    if not length.isdecimal():
        return Reason.STREAMED
    if int(length) > LARGEST:
        return Reason.LARGE
    others = fields.keys() - KEPT - MADE_ANEW - hot.store_headers - set(own) - {"content-encoding"}
    return f"{Reason.HEADER} {min(others)}" if others else ""


def length_of(status: str, fields: Mapping[str, str]) -> str:
    """What an answer says of its length; 204 says nothing, and has no content (RFC 9110, section 8.6)."""
    return "0" if status[:3] == "204" else fields.get("content-length", "")


def unconditional_get(environ: "WSGIEnvironment", *without: str, **changes: Any) -> "WSGIEnvironment":
    """The request for all that a conditional or partial one is about, as GET."""
    left_out = {*CONDITIONS, *without}
    return (
        {name: value for name, value in environ.items() if name not in left_out} | {"REQUEST_METHOD": "GET"} | changes
    )
