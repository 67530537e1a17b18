"""Is it up? Asked from outside, the way a client would."""

import socket
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from hotroute.serving.variables import LOOPBACK, address, port

TIMEOUT = 2.0
"""Seconds that one question may take."""

EVERYWHERE = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104  # a server listens there; a client cannot connect to it


def redis_answers(environ: Mapping[str, str]) -> bool:
    """Whether the stack's Redis answers PING, before anything needs it."""
    try:
        with socket.create_connection((LOOPBACK, port(environ, "REDIS_PORT")), TIMEOUT) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False


def stack_answer(environ: Mapping[str, str], certificate: Path) -> str:
    """What the stack says on HTTPS at /readyz: empty if it is ready, or why not.

    Only the very `certificate` that Nginx was given is accepted, so another server on the port is not mistaken for it.
    """
    trust = ssl.create_default_context(cafile=certificate)
    trust.check_hostname = False
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    host, number = address(environ, "HTTP_PORT"), port(environ, "HTTPS_PORT")
    try:
        with (
            socket.create_connection((EVERYWHERE.get(host, host), number), TIMEOUT) as plain,
            trust.wrap_socket(plain, server_hostname="localhost") as encrypted,
        ):
            return ask(encrypted, number)
    except (OSError, HTTPException) as error:
        return f"no answer ({error})"


def ask(encrypted: ssl.SSLSocket, number: int) -> str:
    connection = HTTPConnection("localhost", number)
    connection.sock = encrypted
    connection.request("GET", "/readyz")
    response = connection.getresponse()
    body = response.read(1000).decode(errors="replace").strip()
    return "" if response.status == 200 else f"{response.status} {body}"
