"""Reading settings from the environment: each reader names the variable that is wrong."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path

PORTS = {"HTTP_PORT": 8080, "HTTPS_PORT": 8443, "APP_PORT": 8000, "REDIS_PORT": 6380}
"""Every port that the stack listens on, and its default."""

ADDRESSES = {"HTTP_PORT": "HTTP_ADDRESS", "HTTPS_PORT": "HTTP_ADDRESS", "APP_PORT": "APP_ADDRESS"}
"""The variable with the address that each port is opened on. Redis is not here: it never leaves 127.0.0.1."""

LOOPBACK = "127.0.0.1"


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


def address(environ: Mapping[str, str], port_name: str) -> str:
    """The IP address that the port of `port_name` is opened on; the loopback address unless asked for more.

    Raises:
        SettingError: it is not an IP address.
    """
    name = ADDRESSES.get(port_name, "")
    text = environ.get(name) or LOOPBACK
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise SettingError(f"{name}: {text!r} is not an IP address") from None


def endpoint(environ: Mapping[str, str], port_name: str) -> str:
    """`127.0.0.1:8000` or `[::1]:8000`, as Gunicorn and Nginx write it."""
    host = address(environ, port_name)
    return f"{f'[{host}]' if ':' in host else host}:{port(environ, port_name)}"


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
