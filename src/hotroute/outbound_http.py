"""Fetching documents that users name, from public addresses only (OWASP: Server-Side Request Forgery Prevention).

The address that is checked is the one that the socket connects to, at every redirect, so that a name whose address
changes between a check and the connection gains nothing.
"""

import contextlib
import ipaddress
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from urllib.parse import urljoin, urlsplit

from hotroute.extras import extra

with extra("jobs"):
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.exceptions import HTTPError
    from urllib3.response import BaseHTTPResponse

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
IsAllowed = Callable[[Address], bool]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
CHUNK = 16 * 1024
HEADERS = {"Accept": "text/html", "Accept-Encoding": "gzip, deflate", "User-Agent": "Hotroute"}
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            "192.0.0.0/24",  # protocol assignments (RFC 6890); older Pythons take some of these for global
            "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
            "2001::/23",  # Teredo, ORCHID and others (RFC 2928)
            "2001:db8::/32",  # documentation (RFC 3849)
            "2002::/16",  # 6to4, which has an IPv4 address within (RFC 3056)
            "3fff::/20",  # documentation (RFC 9637)
        ),
    )
)


class FetchRefusedError(Exception):
    """The document is not to be had: its address is not public, or it is too large, too slow or of another type."""


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """Limits of one fetch.

    Attributes:
        size: bytes of the document, after decompression.
        seconds: from the first connection to the last byte, redirects included.
        redirects: how many are followed.
        ports: that may be connected to.
        types: the media types that are read.
    """

    size: int = 512 * 1024
    seconds: float = 10.0
    redirects: int = 5
    ports: frozenset[int] = frozenset({80, 443})
    types: frozenset[str] = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True)
class Document:
    """A fetched document and the URL that it has after redirects."""

    url: str
    content_type: str
    body: bytes


def is_public(address: Address) -> bool:
    """Return whether an address belongs to the public internet (IANA's special-purpose address registries)."""
    if any(address in network for network in SPECIAL if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv6Address):
        # Everything else that is assigned, IPv4 addresses in IPv6 ones among them, is local or a way to somewhere.
        return address in GLOBAL_UNICAST and address.scope_id is None
    return address.is_global and not address.is_multicast


def fetch_document(url: str, limits: FetchLimits | None = None, is_allowed: IsAllowed = is_public) -> Document:
    """Fetch a document.

    Args:
        url: http or https, absolute.
        limits: the defaults suit the head of an HTML page.
        is_allowed: decides about each address before it is connected to.

    Raises:
        FetchRefusedError: with the reason.
    """
    chosen = limits or FetchLimits()
    deadline = time.monotonic() + chosen.seconds
    try:
        for _ in range(chosen.redirects + 1):
            check_url(url, chosen)
            with contextlib.closing(open_connection(url, deadline, is_allowed)) as connection:
                response = send_get(connection, url)
                if response.status not in REDIRECTS:
                    return read_document(url, response, chosen, deadline)
                url = urljoin(url, response.headers.get("Location", ""))
    except (HTTPError, HTTPException, OSError, ValueError) as failure:
        raise FetchRefusedError(f"cannot be fetched: {type(failure).__name__}") from failure
    raise FetchRefusedError(f"has more than {chosen.redirects} redirects")


def check_url(url: str, limits: FetchLimits) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise FetchRefusedError("is no URL") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise FetchRefusedError("is no http or https URL")
    if parts.username is not None or parts.password is not None:
        raise FetchRefusedError("has a user name or a password")
    if port not in limits.ports:
        raise FetchRefusedError(f"has the port {port}, which is not fetched from")


def open_connection(url: str, deadline: float, is_allowed: IsAllowed) -> "PublicHTTPConnection | PublicHTTPSConnection":
    parts = urlsplit(url)
    if parts.scheme == "https":
        secure = PublicHTTPSConnection(parts.hostname or "", parts.port or 443, timeout=remaining(deadline))
        secure.is_allowed = is_allowed
        return secure
    plain = PublicHTTPConnection(parts.hostname or "", parts.port or 80, timeout=remaining(deadline))
    plain.is_allowed = is_allowed
    return plain


def send_get(connection: HTTPConnection, url: str) -> BaseHTTPResponse:
    """Send the request, and read the head of the response."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", path, headers=HEADERS, preload_content=False)
    return connection.getresponse()


def read_document(url: str, response: BaseHTTPResponse, limits: FetchLimits, deadline: float) -> Document:
    content_type = response.headers.get("Content-Type", "")
    if response.status != HTTPStatus.OK:
        raise FetchRefusedError(f"is answered with {response.status}")
    if content_type.partition(";")[0].strip().lower() not in limits.types:
        raise FetchRefusedError("is of a type that is not read")
    body = bytearray()
    while chunk := response.read(CHUNK, decode_content=True):
        body += chunk
        if len(body) > limits.size:
            raise FetchRefusedError(f"is larger than {limits.size} bytes")
        remaining(deadline)
    return Document(url, content_type, bytes(body))


def remaining(deadline: float) -> float:
    """Return the seconds that are left.

    Raises:
        FetchRefusedError: none.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise FetchRefusedError("takes too long")
    return left


def connect_to_allowed(host: str, port: int, timeout: float, is_allowed: IsAllowed) -> socket.socket:
    """Resolve a name, and connect to an address of it.

    Raises:
        FetchRefusedError: one of its addresses is not allowed: such a name is not to be trusted with the others.
        OSError: it has no address, or none answers.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        if not is_allowed(ipaddress.ip_address(address[0])):
            raise FetchRefusedError("has an address that is not public")
    return socket.create_connection(found[0][4][:2], timeout)  # type: ignore[arg-type]


class PublicHTTPConnection(HTTPConnection):
    """A connection of urllib3 that asks `is_allowed` about the address that it is going to connect to."""

    is_allowed: IsAllowed

    def _new_conn(self) -> socket.socket:
        return connect_to_allowed(self.host, self.port, float(self.timeout or 0), self.is_allowed)


class PublicHTTPSConnection(HTTPSConnection):
    """The same over TLS; the certificate is checked against the name."""

    is_allowed: IsAllowed

    def _new_conn(self) -> socket.socket:
        return connect_to_allowed(self.host, self.port, float(self.timeout or 0), self.is_allowed)
