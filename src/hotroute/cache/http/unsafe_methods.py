"""The URIs that a successful unsafe request invalidates, and the tag of all that is stored for one (RFC 9111, 4.4)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from hotroute.cache.http.key import host
from hotroute.cache.http.policy import Headers
from hotroute.cache.store.base import written

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""RFC 9110, section 9.2.1; what nobody knows is not safe."""


def tag(environ: "WSGIEnvironment", path: str | None = None) -> str:
    """Of every answer of a path, whatever the query, the caller and the encoding.

    Args:
        path: within the application; the request's own by default.
    """
    return written(f"path:{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '') if path is None else path}")


def changed(environ: "WSGIEnvironment", headers: Headers) -> Iterator[str]:
    """The paths within the application that a successful answer to an unsafe request speaks of: the request's own, and
    those of Location and Content-Location, unless they are of another origin.
    """
    yield environ.get("PATH_INFO", "")
    mount = environ.get("SCRIPT_NAME", "")
    for name, value in headers:
        if name.lower() in ("location", "content-location"):
            path = named(environ, value)
            if path is not None and path.startswith(mount):
                yield path.removeprefix(mount)


def named(environ: "WSGIEnvironment", reference: str) -> str | None:
    """The path that a URI reference names, as WSGI writes it; None for another origin's, and for what is none."""
    scheme, authority = environ["wsgi.url_scheme"], host(environ)
    here = bytes(environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", ""), "latin-1")
    try:
        to = urlsplit(urljoin(f"{scheme}://{authority}{quote(here)}", reference))
    except ValueError:
        return None
    if (to.scheme, without_default(to.scheme, to.netloc.lower())) != (scheme, without_default(scheme, authority)):
        return None
    return unquote_to_bytes(to.path).decode("latin-1")


def without_default(scheme: str, authority: str) -> str:
    return authority.removesuffix({"http": ":80", "https": ":443"}.get(scheme, ""))
