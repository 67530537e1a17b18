"""The settings of the proxy, each read from the environment and checked before it is written into the configuration."""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path

from hotroute.serving.variables import SettingError, data_dir, endpoint, is_development, parts

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
LOOPBACK_NETWORKS = "127.0.0.0/8,::1"
TLS_PROFILES = ("intermediate", "modern")
TWO_YEARS = 63_072_000
"""Mozilla's least for Strict-Transport-Security."""

HOST_NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
PORT = re.compile(r":\d{1,5}$")
RATE = re.compile(r"([1-9]\d{0,6})r/([sm])")
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
    return names


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
    host = PORT.sub("", server)
    if host == server or not (is_address(host.strip("[]")) or HOST_NAME.fullmatch(host)):
        raise SettingError(f"UPSTREAMS: {server!r} is not an address such as 10.0.0.2:8000 or unix:/run/app.sock")
    return server


def own_application(environ: Mapping[str, str]) -> str:
    """Gunicorn's unix socket if it has one, or its address and port."""
    bind = environ.get("GUNICORN_BIND", "")
    if bind.startswith("unix:"):
        path = Path(re.sub(r"^unix:(//)?", "", bind)).absolute()
        return f"unix:{path_in_conf('GUNICORN_BIND', path)}"
    return endpoint(environ, "APP_PORT")


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
    """The file of the access log; empty where there shall be none."""
    text = environ.get("NGINX_ACCESS_LOG") or str(data_dir(environ) / "nginx" / "access.log")
    if text in {"off", "stdout"}:
        return {"off": "", "stdout": "/dev/stdout"}[text]
    return path_in_conf("NGINX_ACCESS_LOG", Path(text).absolute())


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
