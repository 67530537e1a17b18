"""Naming a response: the parts of a request that its answer depends on."""

from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from hotroute.cache.decorator import RouteOptions
from hotroute.cache.reasons import Reason

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MOST_PARAMETERS = 50

REMEMBERED = 4_096
"""Keys; to work one out takes three times as long as to look it up."""
LONGEST_REMEMBERED = 250
"""Characters; who asks for much must not fill the memory."""

Pair = tuple[str, str]
Pairs = list[Pair]


class NotKeyable(Exception):
    """The request has something that the route does not know; its argument is a `Detail`."""


def key(hot: RouteOptions, environ: "WSGIEnvironment", caller: str | None) -> str:
    """A digest of length-prefixed parts: no two requests whose parts differ can have the same one.

    Raises:
        NotKeyable: a query parameter is unknown, or there are too many of them.
    """
    script, path, query, others = given(hot, environ, caller)
    short = not others and len(path) + len(query) <= LONGEST_REMEMBERED
    return (remembered if short else digest)(hot, script, path, query, others)


def digest(hot: RouteOptions, script: str, path: str, query: str, others: tuple[Pair, ...]) -> str:
    named = named_parts(hot, script, path, query, others)
    prefixed = "".join(f"{len(name)}:{name}{len(value)}:{value}" for name, value in named)
    return blake2b(prefixed.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()


remembered = lru_cache(REMEMBERED)(digest)


def parts(hot: RouteOptions, environ: "WSGIEnvironment", caller: str | None) -> Pairs:
    """Names and values; a part that a request does not have is left out, and so is not the same as an empty one.

    Raises:
        NotKeyable: as `key`.
    """
    return named_parts(hot, *given(hot, environ, caller))


def named_parts(hot: RouteOptions, script: str, path: str, query: str, others: tuple[Pair, ...]) -> Pairs:
    asked = [(f"query {name}", value) for name, value in parameters(hot, query)] if query else []
    return [("script", script), ("path", path), *others, *asked]


def given(hot: RouteOptions, environ: "WSGIEnvironment", caller: str | None) -> tuple[str, str, str, tuple[Pair, ...]]:
    """The script's name, the path, the query, and what is not of the URL."""
    script, path, query = environ.get("SCRIPT_NAME", ""), environ.get("PATH_INFO", ""), environ.get("QUERY_STRING", "")
    return script, path, query, (*surroundings(hot, environ, caller),)


def surroundings(hot: RouteOptions, environ: "WSGIEnvironment", caller: str | None) -> Pairs:
    found = []
    if hot.host:
        found += [("scheme", environ.get("wsgi.url_scheme", "")), ("host", host(environ))]
    if caller is not None:
        found.append(("caller", getattr(caller, "key", caller)))
    for name, field in hot.fields.items():
        value = environ.get(field)
        if value is not None:
            found.append((f"header {name}", value))
    return found


def host(environ: "WSGIEnvironment") -> str:
    return str(environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME')}:{environ.get('SERVER_PORT')}").lower()


def parameters(hot: RouteOptions, query: str) -> Pairs:
    """Names and values, by name; values of one name in the order in which they were given. Decoded byte by byte."""
    if not query:
        return []
    try:
        pairs = parse_qsl(query, keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_PARAMETERS)
    except ValueError:
        raise NotKeyable(Reason.TOO_MANY_PARAMETERS) from None
    known = [(name, value) for name, value in pairs if name in hot.query]
    if len(known) < len(pairs) and hot.unknown_params == "bypass":
        raise NotKeyable(Reason.UNKNOWN_PARAMETER)
    return sorted(known, key=lambda pair: pair[0])


def canonical(hot: RouteOptions, query: str) -> str:
    """The query string that a key stands for."""
    return urlencode(parameters(hot, query), encoding="latin-1")
