"""Reading settings from the environment: each reader names the variable that is wrong."""

import ipaddress
import re
import socket
from collections.abc import Mapping
from pathlib import Path

PORTS = {
    "HTTP_PORT": 8080,
    "HTTPS_PORT": 8443,
    "APP_PORT": 8000,
    "REDIS_PORT": 6380,
    "JOBS_REDIS_PORT": 6381,
    "JOBS_STREAM_PORT": 8001,
}
"""Every port that the stack listens on, and its default."""

ADDRESSES = {"HTTP_PORT": "HTTP_ADDRESS", "HTTPS_PORT": "HTTP_ADDRESS", "APP_PORT": "APP_ADDRESS"}
"""The variable with the address that each port is opened on; the others never leave 127.0.0.1."""

LOOPBACK = "127.0.0.1"

NEW_REDIS = "HOTROUTE_NEW_REDIS"
"""Set by `hotroute up` for its parts, to anything: the Redis at REDIS_URL was started by the stack where none was."""

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9._-]+(:[0-9]{1,5})?")
"""As browsers send it (RFC 6454, section 6.2); of anything else Flask-CORS would make a pattern, without an end."""

TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
"""In any case; as Pydantic reads it."""


class SettingError(ValueError):
    """A variable of the environment has a value that cannot be used; the message begins with its name."""


def port(environ: Mapping[str, str], name: str) -> int:
    """The TCP port in the variable `name`, one of `PORTS`.

    Raises:
        SettingError: it is not a number from 1 to 65535.
    """
    text = environ.get(name) or str(PORTS[name])
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise SettingError(f"{name}: {text!r} is not a port; it must be a number from 1 to 65535")
    return int(text)


def addresses(environ: Mapping[str, str], port_name: str) -> list[str]:
    """The IP addresses that the port of `port_name` is opened on; the loopback address unless asked for more.

    Raises:
        SettingError: one is not an IP address.
    """
    name = ADDRESSES.get(port_name, "")
    try:
        given = [*dict.fromkeys(str(ipaddress.ip_address(text)) for text in parts(environ, name))]
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from None
    return given or ([LOOPBACK, "::1"] if name == "HTTP_ADDRESS" and has_ipv6() else [LOOPBACK])


def has_ipv6() -> bool:
    """Whether this machine has the loopback address of IPv6: to a browser, localhost is that one first."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def endpoints(environ: Mapping[str, str], port_name: str) -> list[str]:
    """`127.0.0.1:8000` or `[::1]:8000`, as Gunicorn and Nginx write it, for each address."""
    number = port(environ, port_name)
    return [f"{f'[{host}]' if ':' in host else host}:{number}" for host in addresses(environ, port_name)]


def endpoint(environ: Mapping[str, str], port_name: str) -> str:
    """The first of the endpoints: where a client on this machine connects to."""
    return endpoints(environ, port_name)[0]


def parts(environ: Mapping[str, str], name: str) -> list[str]:
    """What is between the commas of the variable `name`."""
    return [part.strip() for part in environ.get(name, "").split(",") if part.strip()]


def origins(environ: Mapping[str, str]) -> list[str]:
    """Whose pages may call the API, CORS_ORIGINS; `*` is any.

    Raises:
        SettingError: one is not an origin.
    """
    found = [*dict.fromkeys(parts(environ, "CORS_ORIGINS"))]
    for each in found:
        if not is_origin(each):
            raise SettingError(f"CORS_ORIGINS: {each!r} is no origin such as https://front.example, nor *")
    return found


def is_origin(text: str) -> bool:
    return text == "*" or bool(ORIGIN.fullmatch(text))


def is_development(environ: Mapping[str, str]) -> bool:
    """Production is the default: development has to be asked for."""
    return environ.get("APP_ENV") == "development"


def data_dir(environ: Mapping[str, str]) -> Path:
    """The absolute path of `DATA_DIR`, the folder of everything that outlives a process."""
    return Path(environ.get("DATA_DIR") or "instance").absolute()


def at_least_one(environ: Mapping[str, str], name: str, default: int) -> int:
    """The positive integer in the variable `name`.

    Raises:
        SettingError: it is not a number, or below one.
    """
    text = environ.get(name) or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise SettingError(f"{name}: {text!r} must be a whole number, 1 or more")
    return int(text)
