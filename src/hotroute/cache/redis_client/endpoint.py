"""Where a Redis is: an address, or the Sentinels that know it; and how to open a socket there."""

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Protocol

from redis.connection import parse_url

SOON = 0.001
"""Seconds that an operation gets that has none left, for it may be done already."""


class Endpoint(Protocol):
    """Says where the primary is now."""

    def locate(self, deadline: float) -> "Address": ...


@dataclass(frozen=True, slots=True)
class Address:
    """One server.

    Attributes:
        path: of a unix socket; host and port do not matter then.
        tls: how to trust the server; None for plain TCP.
    """

    host: str = "localhost"
    port: int = 6379
    path: str = ""
    db: int = 0
    username: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None

    def locate(self, _deadline: float) -> "Address":
        return self

    def dial(self, deadline: float) -> socket.socket:
        """Raises:
        OSError: nobody is there, or not before `deadline` (of `time.monotonic`), or it is not to be trusted.
        """
        if self.path:
            dialled = socket.socket(socket.AF_UNIX)
        else:
            dialled = socket.create_connection((self.host, self.port), timeout=left(deadline))
        try:
            if self.path:
                dialled.settimeout(left(deadline))
                dialled.connect(self.path)
                return dialled
            dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            dialled.settimeout(left(deadline))
            return self.tls.wrap_socket(dialled, server_hostname=self.host) if self.tls else dialled
        except BaseException:
            dialled.close()
            raise


def left(deadline: float) -> float:
    return max(deadline - monotonic(), SOON)


def parse(url: str) -> Address:
    """
    Args:
        url: `redis://`, `rediss://` or `unix://`, as in redis-py; `?ssl_ca_certs=` names a file with the authorities to
            trust in place of the system's, `ssl_certfile` and `ssl_keyfile` a certificate of our own.

    Raises:
        ValueError: it is not such a URL.
    """
    parts = parse_url(url)  # type: ignore[no-untyped-call]
    known = {name: parts[name] for name in ("host", "port", "path", "db", "username", "password") if name in parts}
    return Address(**known, tls=trust(parts) if url.startswith("rediss:") else None)


def trust(options: Mapping[str, Any]) -> ssl.SSLContext:
    """TLS with a certificate that is verified, and the host's name in it, unless redis-py's options say otherwise.

    Raises:
        ValueError: a file cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=options.get("ssl_ca_certs"), cadata=options.get("ssl_ca_data"))
        if options.get("ssl_certfile"):
            context.load_cert_chain(options["ssl_certfile"], options.get("ssl_keyfile"))
    except OSError as reason:
        raise ValueError(f"the certificates for Redis cannot be read: {reason}") from None
    unverified = str(options.get("ssl_cert_reqs", "required")) in ("none", "CERT_NONE")
    context.check_hostname = options.get("ssl_check_hostname", True) and not unverified
    context.verify_mode = ssl.CERT_NONE if unverified else ssl.CERT_REQUIRED
    return context
