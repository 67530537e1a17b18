"""Talking to the proxy below HTTP clients: bytes as they are, over TLS as the test wants it."""

import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path

import trustme

from tests.servers import Proxy

Socket = socket.socket


@contextmanager
def encrypted(
    port: int, trust: ssl.SSLContext, name: str | None = "localhost", address: str = "127.0.0.1", **options: object
) -> Iterator[ssl.SSLSocket]:
    """A TLS connection that asks for `name`, or with None for nobody."""
    with (
        socket.create_connection((address, port), timeout=20) as plain,
        trust.wrap_socket(plain, server_hostname=name, **options) as connection,  # type: ignore[arg-type]
    ):
        yield connection


def exchange(connection: Socket, sent: bytes) -> tuple[HTTPResponse, bytes]:
    connection.sendall(sent)
    response = HTTPResponse(connection)
    response.begin()
    return response, response.read()


def raw(proxy: Proxy, sent: bytes) -> tuple[HTTPResponse, bytes]:
    """Send the bytes as they are, over TLS."""
    with encrypted(proxy.https_port, proxy.trust) as connection:
        return exchange(connection, sent)


def plain(port: int, sent: bytes) -> tuple[HTTPResponse, bytes]:
    """The same without TLS."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        return exchange(connection, sent)


def request(*lines: bytes, host: bytes = b"localhost") -> bytes:
    return b"\r\n".join([*lines, b"Host: " + host, b"Connection: close", b"", b""])


class Authority:
    """Signs certificates, and is trusted by whom it is shown to."""

    def __init__(self) -> None:
        self.authority = trustme.CA(organization_name="Tests of the proxy")

    def certificate(self, folder: Path, *names: str, key: trustme.KeyType = trustme.KeyType.ECDSA) -> dict[str, str]:
        """A certificate for the names in `folder`, and the settings that name it."""
        now = dt.datetime.now(dt.UTC)
        begins, ends = now - dt.timedelta(hours=1), now + dt.timedelta(days=80)
        issued = self.authority.issue_cert(*names, key_type=key, not_before=begins, not_after=ends)
        path = folder / "chain.pem"
        issued.private_key_and_cert_chain_pem.write_to_path(str(path))
        return {"TLS_CERTIFICATE": str(path), "TLS_CERTIFICATE_KEY": str(path)}

    def trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.authority.configure_trust(context)
        return context

    def blind(self) -> ssl.SSLContext:
        """Trust without a look at the name, for a client that asks for another one or for none."""
        context = self.trust()
        context.check_hostname = False
        return context
