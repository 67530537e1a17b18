"""Nginx's configuration: the templates of nginx/ filled in from the environment, written to DATA_DIR/nginx/."""

import grp
import os
import pwd
import re
import resource
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from hotroute.serving import cpus, tls
from hotroute.serving.nginx import Nginx
from hotroute.serving.variables import SettingError, at_least_one, data_dir, endpoint, port

TEMPLATES = Path("nginx")
CONNECTIONS = 4096
"""For each worker. With 1,024, a thousand slow clients leave no room for a fast one."""

UNSAFE_IN_CONF = re.compile(r"""["'\\$;{}\s]""")


def render(environ: Mapping[str, str], nginx: Nginx, templates: Path = TEMPLATES) -> Path:
    """Write every `*.conf.j2` of `templates` without its suffix; return the path of `nginx.conf`.

    Raises:
        SettingError: a variable cannot be used, or the certificate is not set in production.
    """
    folder = data_dir(environ) / "nginx"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    jinja = Environment(
        loader=FileSystemLoader(templates),
        undefined=StrictUndefined,
        autoescape=select_autoescape(()),
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    values = context(environ, nginx)
    for name in jinja.list_templates(extensions=["j2"]):
        (folder / name.removesuffix(".j2")).write_text(jinja.get_template(name).render(values))
    return folder / "nginx.conf"


def context(environ: Mapping[str, str], nginx: Nginx) -> dict[str, object]:
    """What the templates may use."""
    certificate = certificate_of(environ)
    return {
        "nginx": nginx,
        "folder": path_in_conf("DATA_DIR", data_dir(environ) / "nginx"),
        "user": user_of(data_dir(environ)) if os.geteuid() == 0 else "",
        "workers": cpus.available(),
        "connections": CONNECTIONS,
        "open_files": open_files(),
        "http": endpoint(environ, "HTTP_PORT"),
        "https": endpoint(environ, "HTTPS_PORT"),
        "site": site(port(environ, "HTTPS_PORT")),
        "application": application(environ),
        "certificate": path_in_conf("TLS_CERTIFICATE", certificate.chain),
        "certificate_key": path_in_conf("TLS_CERTIFICATE_KEY", certificate.key),
        "max_body_bytes": at_least_one(environ, "MAX_BODY_BYTES", 1024 * 1024),
    }


def site(https_port: int) -> str:
    """The name and port that clients use: `$host` was checked by Nginx, the client's own Host header was not."""
    return "$host" if https_port == 443 else f"$host:{https_port}"


def application(environ: Mapping[str, str]) -> str:
    """Where Gunicorn listens, as Nginx writes it: its unix socket if it has one, or the address and port."""
    bind = environ.get("GUNICORN_BIND", "")
    if bind.startswith("unix:"):
        path = Path(re.sub(r"^unix:(//)?", "", bind)).absolute()
        return f"unix:{path_in_conf('GUNICORN_BIND', path)}"
    return endpoint(environ, "APP_PORT")


def certificate_of(environ: Mapping[str, str]) -> tls.Certificate:
    """The files that TLS_CERTIFICATE and TLS_CERTIFICATE_KEY name; in development one is made if they are not set."""
    chain, key = environ.get("TLS_CERTIFICATE", ""), environ.get("TLS_CERTIFICATE_KEY", "")
    if chain and key:
        return tls.Certificate(Path(chain).absolute(), Path(key).absolute(), Path(chain).absolute())
    if environ.get("APP_ENV") == "development" and not chain and not key:
        return tls.development_certificate(data_dir(environ) / "tls")
    raise SettingError(f"{'TLS_CERTIFICATE_KEY' if chain else 'TLS_CERTIFICATE'}: is not set; it names a PEM file")


def path_in_conf(name: str, path: Path) -> str:
    """The path, if it can stand in the configuration between quotes.

    Raises:
        SettingError: it has a character that Nginx would read as its own.
    """
    if UNSAFE_IN_CONF.search(str(path).replace(" ", "")):
        raise SettingError(f"{name}: {str(path)!r} has a character that Nginx's configuration cannot hold")
    return str(path)


def user_of(folder: Path) -> str:
    """`user group` of the folder's owner: started by root, Nginx's workers become that user and can use the folder."""
    owner = pwd.getpwuid(folder.stat().st_uid)
    return f"{owner.pw_name} {grp.getgrgid(owner.pw_gid).gr_name}"


def open_files() -> int:
    """Files that a worker may open: two for each connection if the hard limit of this process allows it."""
    wanted = 2 * CONNECTIONS + 64
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
