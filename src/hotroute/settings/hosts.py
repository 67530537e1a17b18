"""Names, addresses and networks of hosts."""

import ipaddress
import re
import socket
from pathlib import Path
from typing import Annotated

from pydantic_settings import NoDecode

from hotroute.settings.errors import WrongValueError
from hotroute.settings.types import check_conf_path, commas

LOOPBACK = "127.0.0.1"
LAST_PORT = 65535
ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9._-]+(:[0-9]{1,5})?")
"""As browsers send it (RFC 6454, section 6.2); of anything else Flask-CORS would make a pattern, without an end."""

HOST_NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
SERVICE_NAME = re.compile(r"([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?", re.IGNORECASE)
"""A host's name as resolvers take it: Compose's services may have underscores, which no URL's host has."""

HOST_AND_PORT = re.compile(r"(\[[^\[\]]+\]|[^\[\]:]+):([1-9][0-9]{0,4})")


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def in_a_url(name: str) -> str:
    """Return a host as URLs have it: an IPv6 address stands in brackets (RFC 3986, section 3.2.2)."""
    return f"[{name}]" if ":" in name else name


def parse_address(text: str) -> str:
    if not is_address(text):
        raise WrongValueError("is not an IP address such as 127.0.0.1 or ::1", text)
    return str(ipaddress.ip_address(text))


def parse_network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise WrongValueError(f"is not a network such as 10.0.0.0/8 ({error})", text) from None


def parse_origin(text: str) -> str:
    if text != "*" and not ORIGIN.fullmatch(text):
        raise WrongValueError("is no origin such as https://front.example or http://localhost:3000, nor *", text)
    return text


def parse_server_name(text: str) -> str:
    if not is_address(text) and not HOST_NAME.fullmatch(text):
        raise WrongValueError("is neither a host name such as api.example.org nor an IP address", text)
    return text.lower()


def parse_upstream(text: str) -> str:
    """Return an application server as Nginx writes it."""
    if text.startswith("unix:") and text != "unix:":
        path = Path(text.removeprefix("unix:")).absolute()
        check_conf_path(path)
        return f"unix:{path}"
    found = HOST_AND_PORT.fullmatch(text)
    host = found[1] if found else ""
    is_host = is_address(host.strip("[]")) or SERVICE_NAME.fullmatch(host)
    if not found or int(found[2]) > LAST_PORT or not is_host:
        raise WrongValueError(
            "is not an address such as 10.0.0.2:8000, my_app:8000, [fd00::2]:8000 or unix:/run/app.sock", text
        )
    return text


def has_ipv6() -> bool:
    """Return whether this machine has the loopback address of IPv6: to a browser, localhost is that one first."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


Addresses = Annotated[tuple[str, ...], NoDecode, commas("IP addresses", parse_address)]
Networks = Annotated[tuple[str, ...], NoDecode, commas("networks", parse_network)]
Origins = Annotated[tuple[str, ...], NoDecode, commas("origins", parse_origin)]
ServerNames = Annotated[tuple[str, ...], NoDecode, commas("host names", parse_server_name)]
Upstreams = Annotated[tuple[str, ...], NoDecode, commas("addresses", parse_upstream)]
