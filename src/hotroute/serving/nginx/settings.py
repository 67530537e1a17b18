"""The settings of the proxy, each read from the environment and checked before it is written into the configuration."""

import ipaddress
import os
import re
import ssl
import stat
from collections.abc import Mapping
from pathlib import Path

from hotroute.extras import extra
from hotroute.serving.settings.env import (
    LOOPBACK,
    SettingError,
    at_least_one,
    data_dir,
    endpoint,
    endpoints,
    is_development,
    parts,
    port,
)

with extra("serve"):
    from gunicorn.util import parse_address  # type: ignore[import-untyped]

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
LOOPBACK_NETWORKS = "127.0.0.0/8,::1"
TLS_PROFILES = ("intermediate", "modern")
STDOUT = 1
LAST_PORT = 65535
MOST_CONNECTIONS = 65535
MOST_BURST = 1_000_000
MOST_BODY_BYTES = 2**40
"""A tebibyte: what Nginx would take beyond is not meant."""

TWO_YEARS = 63_072_000
"""Mozilla's least for Strict-Transport-Security."""

HOST_NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
HOST_AND_PORT = re.compile(r"(\[[^\[\]]+\]|[^\[\]:]+):([1-9][0-9]{0,4})")
RATE = re.compile(r"([1-9][0-9]{0,6})r/([sm])")
UNSAFE_IN_CONF = re.compile(r"""["'\\$;{}\s]""")


def server_names(environ: Mapping[str, str]) -> list[str]:
    """The host names and addresses that are served, SERVER_NAMES; this machine's own in development.

    Raises:
        SettingError: one is neither, or there is none in production.
    """
    names = parts(environ, "SERVER_NAMES") or [*(LOCAL_NAMES if is_development(environ) else ())]
    if not names:
        raise SettingError("SERVER_NAMES: is not set; it names the hosts to serve, such as api.example.org")
    for name in names:
        if not is_address(name) and not HOST_NAME.fullmatch(name):
            raise SettingError(f"SERVER_NAMES: {name!r} is neither a host name nor an IP address")
    return [*dict.fromkeys(name.lower() for name in names)]


def in_a_url(name: str) -> str:
    """An IPv6 address stands in brackets (RFC 3986, section 3.2.2)."""
    return f"[{name}]" if ":" in name else name


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def application_servers(environ: Mapping[str, str]) -> list[str]:
    """Where the application listens, UPSTREAMS, each as Nginx writes it; without it this machine's own Gunicorn.

    Raises:
        SettingError: one is neither `host:port` nor `unix:/path`.
    """
    servers = parts(environ, "UPSTREAMS")
    return [upstream(server) for server in servers] if servers else [own_application(environ)]


def upstream(server: str) -> str:
    if server.startswith("unix:"):
        return f"unix:{path_in_conf('UPSTREAMS', Path(server.removeprefix('unix:')).absolute())}"
    found = HOST_AND_PORT.fullmatch(server)
    if (
        not found
        or int(found[2]) > LAST_PORT
        or not (is_address(found[1].strip("[]")) or HOST_NAME.fullmatch(found[1]))
    ):
        raise SettingError(
            f"UPSTREAMS: {server!r} is not an address such as 10.0.0.2:8000, [fd00::2]:8000 or unix:/run/app.sock"
        )
    return server


def own_application(environ: Mapping[str, str]) -> str:
    """Where Gunicorn listens first, as its GUNICORN_BIND or APP_ADDRESS and APP_PORT say.

    Raises:
        SettingError: GUNICORN_BIND is not an address.
    """
    bind = next(iter(parts(environ, "GUNICORN_BIND")), "fd://")
    if bind.startswith("fd://"):
        return endpoint(environ, "APP_PORT")
    try:
        address: str | tuple[str, int] = parse_address(bind)
    except RuntimeError as error:
        raise SettingError(f"GUNICORN_BIND: {error}") from None
    if isinstance(address, str):
        return f"unix:{path_in_conf('GUNICORN_BIND', Path(address).absolute())}"
    return f"{in_a_url(address[0] or LOOPBACK)}:{address[1]}"


def clients_endpoints(environ: Mapping[str, str]) -> dict[str, list[str]]:
    """Where clients are listened to, by `http` and `https`.

    Raises:
        SettingError: the two are the same, or not ports, or not on IP addresses.
    """
    if port(environ, "HTTP_PORT") == (https := port(environ, "HTTPS_PORT")):
        raise SettingError(f"HTTPS_PORT: {https} is HTTP_PORT too; set one of them to another")
    return {"http": endpoints(environ, "HTTP_PORT"), "https": endpoints(environ, "HTTPS_PORT")}


def networks(environ: Mapping[str, str], name: str, default: str = "") -> list[str]:
    """The networks in the variable `name`, such as 10.0.0.0/8.

    Raises:
        SettingError: one is not a network.
    """
    try:
        return [str(ipaddress.ip_network(text)) for text in parts(environ, name) or parts({name: default}, name)]
    except ValueError as error:
        raise SettingError(f"{name}: {error}") from None


def rate(environ: Mapping[str, str], name: str, default: str) -> tuple[str, int]:
    """How often, as Nginx writes it (`10r/s`, `30r/m`), and the seconds, rounded up, until one more is allowed.

    Raises:
        SettingError: it is written in another way.
    """
    text = environ.get(name) or default
    found = RATE.fullmatch(text)
    if not found:
        raise SettingError(f"{name}: {text!r} is not a rate such as 10r/s or 30r/m")
    return text, -(-{"s": 1, "m": 60}[found[2]] // int(found[1]))


def count(environ: Mapping[str, str], name: str, default: int, most: int) -> int:
    """The number in the variable `name`, from 1 to the `most` that Nginx can do.

    Raises:
        SettingError: it is another.
    """
    number = at_least_one(environ, name, default)
    if number > most:
        raise SettingError(f"{name}: {number} is more than Nginx takes, which is {most}")
    return number


def check_pair(chain: Path, key: Path) -> None:
    """Whether the files are there, can be read and belong together, before Nginx says so without naming a variable.

    Raises:
        SettingError: they cannot be used.
    """
    try:
        ssl.create_default_context(cafile=chain)
    except OSError as error:
        raise SettingError(f"TLS_CERTIFICATE: {chain} is not a certificate that can be used ({error})") from None
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password="")
    except (OSError, ValueError) as error:
        raise SettingError(f"TLS_CERTIFICATE_KEY: {key} is not the key of {chain} ({error})") from None


def tls_profile(environ: Mapping[str, str]) -> str:
    profile = environ.get("TLS_PROFILE") or TLS_PROFILES[0]
    if profile not in TLS_PROFILES:
        raise SettingError(f"TLS_PROFILE: {profile!r} is not {' or '.join(TLS_PROFILES)}")
    return profile


def hsts_max_age(environ: Mapping[str, str]) -> int:
    """Seconds that browsers keep to HTTPS.

    None in development: a browser would keep to it for every other program on this machine's localhost, for years.
    """
    text = environ.get("HSTS_MAX_AGE") or str(0 if is_development(environ) else TWO_YEARS)
    if not text.isdecimal():
        raise SettingError(f"HSTS_MAX_AGE: {text!r} is not a number of seconds")
    return int(text)


def access_log(environ: Mapping[str, str]) -> str:
    """The file of the access log; empty where there shall be none.

    Raises:
        SettingError: it is not a path, or one in no folder.
    """
    text = environ.get("NGINX_ACCESS_LOG")
    if not text:
        return path_in_conf("DATA_DIR", data_dir(environ) / "nginx" / "access.log")
    if text in {"off", "stdout"}:
        return {"off": "", "stdout": "/dev/stdout"}[text]
    file = Path(text).absolute()
    if "/" not in text or not file.parent.is_dir():
        raise SettingError(
            f"NGINX_ACCESS_LOG: {text!r} is not stdout, off or the path of a file in a folder that is there"
        )
    return path_in_conf("NGINX_ACCESS_LOG", file)


def check_stdout(environ: Mapping[str, str]) -> None:
    """Nginx opens standard output by its name in /dev, and a socket cannot be opened.

    Raises:
        SettingError: the access log shall go there, and it is one.
    """
    if environ.get("NGINX_ACCESS_LOG") == "stdout" and stat.S_ISSOCK(os.fstat(STDOUT).st_mode):
        raise SettingError(
            "NGINX_ACCESS_LOG: standard output is a socket, as under systemd's journal, which Nginx cannot open: "
            "name a file"
        )


def folder(environ: Mapping[str, str], name: str, default: str) -> Path:
    """The absolute path in the variable `name`; `default` is one within DATA_DIR."""
    chosen = environ.get(name)
    return Path(chosen).absolute() if chosen else data_dir(environ) / default


def path_in_conf(name: str, path: Path) -> str:
    """The path, if it can stand in the configuration between quotes.

    Raises:
        SettingError: it has a character that Nginx would read as its own.
    """
    if UNSAFE_IN_CONF.search(str(path).replace(" ", "")):
        raise SettingError(f"{name}: {str(path)!r} has a character that Nginx's configuration cannot hold")
    return str(path)
