"""Naming a response: the parts of a request that its answer depends on."""

from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from hotroute.cache.options import Hot

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MOST_PARAMETERS = 50


class NotKeyable(Exception):
    """The request has something that the route does not know."""


def key(hot: Hot, environ: "WSGIEnvironment", caller: str | None) -> str:
    """A digest of length-prefixed parts: no two requests whose parts differ can have the same one.

    Raises:
        NotKeyable: a query parameter is unknown, or there are too many of them.
    """
    parts = [
        environ.get("HTTP_HOST", "").lower() if hot.host else "",
        environ.get("wsgi.url_scheme", "") if hot.host else "",
        environ.get("SCRIPT_NAME", ""),
        environ.get("PATH_INFO", ""),
        caller or "",
        *(environ.get("HTTP_" + name.upper().replace("-", "_"), "\0") for name in hot.vary),
        *parameters(hot, environ.get("QUERY_STRING", "")),
    ]
    prefixed = "".join(f"{len(part)}:{part}" for part in parts)
    return blake2b(prefixed.encode("utf-8", "surrogateescape"), digest_size=20).hexdigest()


def parameters(hot: Hot, query: str) -> list[str]:
    """Names and values in turn, by name; values of one name in the order in which they were given."""
    if not query:
        return []
    try:
        pairs = parse_qsl(query, keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise NotKeyable("too many parameters") from None
    known = [(name, value) for name, value in pairs if name in hot.query]
    if len(known) < len(pairs) and hot.unknown == "bypass":
        raise NotKeyable("an unknown parameter")
    known.sort(key=lambda pair: pair[0])
    return [part for pair in known for part in pair]
