"""Is it up? Asked from outside, the way a client would."""

import socket
import ssl
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from hotroute.settings.common import RedisPorts
from hotroute.settings.hosts import LOOPBACK
from hotroute.settings.proxy import ProxySettings
from hotroute.settings.serving import ServingSettings

TIMEOUT = 2.0
"""Seconds that one question may take."""

EVERYWHERE = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104  # a server listens there; a client cannot connect to it


def redis_answer(environ: Mapping[str, str]) -> str:
    """Empty if the stack's Redis answers PING, or why not."""
    number = RedisPorts.read(environ).redis_port
    try:
        with socket.create_connection((LOOPBACK, number), TIMEOUT) as connection:
            connection.sendall(b"PING\r\n")
            answer = connection.recv(64)
    except OSError as error:
        return f"Redis does not answer on port {number} ({error})"
    return "" if answer.startswith(b"+PONG") else f"Redis answers PING with {answer!r}"


def application_answer(environ: Mapping[str, str]) -> str:
    """Empty if something listens where Nginx will look for the application, or why not."""
    where = ServingSettings.read(environ).own_application()
    try:
        with connect(where):
            return ""
    except OSError as error:
        return f"the application does not listen on {where} ({error})"


def connect(where: str) -> socket.socket:
    """To `unix:/path` or `host:port`."""
    if where.startswith("unix:"):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(TIMEOUT)
        try:
            connection.connect(where.removeprefix("unix:"))
        except OSError:
            connection.close()
            raise
        return connection
    host, _, number = where.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(number)), TIMEOUT)


def stack_answer(environ: Mapping[str, str], certificate: Path) -> str:
    """Empty if the stack says on HTTPS at /readyz that it is ready, or why not.

    Only the very `certificate` that Nginx was given is accepted, so another server on the port is not mistaken for it.
    """
    trust = ssl.create_default_context(cafile=certificate)
    trust.check_hostname = False
    trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    settings = ProxySettings.read(environ)
    host, number = settings.addresses("HTTP_PORT")[0], settings.https_port
    name = settings.server_names[0].replace("*", "www")
    try:
        with (
            socket.create_connection((EVERYWHERE.get(host, host), number), TIMEOUT) as plain,
            trust.wrap_socket(plain, server_hostname=name) as encrypted,
        ):
            return ask(encrypted, name, number)
    except (OSError, HTTPException) as error:
        return f"no answer on port {number} ({error})"


def ask(encrypted: ssl.SSLSocket, name: str, number: int) -> str:
    connection = HTTPConnection(name, number)
    connection.sock = encrypted
    connection.request("GET", "/readyz")
    response = connection.getresponse()
    body = response.read(1000).decode(errors="replace").strip()
    return "" if response.status == 200 else f"/readyz answers {response.status} {body}"
