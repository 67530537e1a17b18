"""Nginx's configuration: the templates of nginx/ filled in from the environment, written to DATA_DIR/nginx/."""

import grp
import os
import pwd
import resource
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from hotroute.serving import cpus, tls
from hotroute.serving import nginx_settings as settings
from hotroute.serving.nginx import Nginx
from hotroute.serving.variables import SettingError, at_least_one, data_dir, endpoints, is_development, port

TEMPLATES = Path("nginx")
CONNECTIONS = 4096
"""For each worker. With 1,024, a thousand slow clients leave no room for a fast one."""


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
    return {
        "nginx": nginx,
        **process(environ),
        **site(environ),
        **encryption(environ),
        **limits(environ),
        "http": endpoints(environ, "HTTP_PORT"),
        "https": endpoints(environ, "HTTPS_PORT"),
        "servers": settings.application_servers(environ),
        "real_ip_from": settings.networks(environ, "REAL_IP_FROM"),
        "private_networks": settings.networks(environ, "PRIVATE_NETWORKS", settings.LOOPBACK_NETWORKS),
        "access_log": settings.access_log(environ),
    }


def process(environ: Mapping[str, str]) -> dict[str, object]:
    folder = data_dir(environ)
    return {
        "folder": settings.path_in_conf("DATA_DIR", folder / "nginx"),
        "user": user_of(folder) if os.geteuid() == 0 else "",
        "workers": cpus.available(),
        "connections": CONNECTIONS,
        "open_files": open_files(),
    }


def site(environ: Mapping[str, str]) -> dict[str, object]:
    """`site` is the name and port that clients use: Nginx has checked `$host`, not the client's own Host header."""
    names, https = settings.server_names(environ), port(environ, "HTTPS_PORT")
    return {
        "names": [f'"{settings.in_a_url(name)}"' for name in names],
        "names_an_address": any(settings.is_address(name) for name in names),
        "site": "$host" if https == 443 else f"$host:{https}",
        "static": settings.path_in_conf("STATIC_DIR", settings.folder(environ, "STATIC_DIR", "static")),
        "acme_webroot": settings.path_in_conf("ACME_WEBROOT", settings.folder(environ, "ACME_WEBROOT", "acme")),
    }


def encryption(environ: Mapping[str, str]) -> dict[str, object]:
    certificate = certificate_of(environ)
    return {
        "certificate": settings.path_in_conf("TLS_CERTIFICATE", certificate.chain),
        "certificate_key": settings.path_in_conf("TLS_CERTIFICATE_KEY", certificate.key),
        "tls_profile": settings.tls_profile(environ),
        "hsts_max_age": settings.hsts_max_age(environ),
    }


def limits(environ: Mapping[str, str]) -> dict[str, object]:
    write_rate, _ = settings.rate(environ, "WRITE_RATE", "10r/s")
    login_rate, login_seconds = settings.rate(environ, "LOGIN_RATE", "30r/m")
    return {
        "max_body_bytes": at_least_one(environ, "MAX_BODY_BYTES", 1024 * 1024),
        "write_rate": write_rate,
        "write_burst": at_least_one(environ, "WRITE_BURST", 50),
        "write_connections": at_least_one(environ, "WRITE_CONNECTIONS", 20),
        "login_rate": login_rate,
        "login_burst": at_least_one(environ, "LOGIN_BURST", 10),
        "login_seconds": login_seconds,
    }


def certificate_of(environ: Mapping[str, str]) -> tls.Certificate:
    """The files that TLS_CERTIFICATE and TLS_CERTIFICATE_KEY name; in development one is made if they are not set."""
    chain, key = environ.get("TLS_CERTIFICATE", ""), environ.get("TLS_CERTIFICATE_KEY", "")
    if chain and key:
        return tls.Certificate(Path(chain).absolute(), Path(key).absolute(), Path(chain).absolute())
    if is_development(environ) and not chain and not key:
        return tls.development_certificate(data_dir(environ) / "tls")
    raise SettingError(f"{'TLS_CERTIFICATE_KEY' if chain else 'TLS_CERTIFICATE'}: is not set; it names a PEM file")


def user_of(folder: Path) -> str:
    """`user group` of the folder's owner: started by root, Nginx's workers become that user and can use the folder."""
    owner = pwd.getpwuid(folder.stat().st_uid)
    return f"{owner.pw_name} {grp.getgrgid(owner.pw_gid).gr_name}"


def open_files() -> int:
    """Files that a worker may open: two for each connection if the hard limit of this process allows it."""
    wanted = 2 * CONNECTIONS + 64
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
