"""Nginx's configuration: the templates filled in from the environment, in a folder below DATA_DIR/nginx."""

import resource
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

from hotroute.serving.nginx import dev_certificate, runtime_dir, settings
from hotroute.serving.nginx.binary import Nginx
from hotroute.serving.nginx.template_files import PROJECT, open_templates
from hotroute.serving.settings import cgroup_cpus
from hotroute.serving.settings.env import TRUE, SettingError, data_dir, is_development, origins, port

CONNECTIONS = 4096
"""For each worker. With 1,024, a thousand slow clients leave no room for a fast one."""


def render(environ: Mapping[str, str], nginx: Nginx, project: Path = PROJECT, acme: bool = False) -> Path:
    """Write every template without its suffix into a new folder; return the path of `nginx.conf`.

    Args:
        project: a folder whose templates replace the package's of the same name.
        acme: only plain HTTP, on which an ACME client shows that the names are ours: there is no certificate yet.

    Raises:
        SettingError: a variable cannot be used, or the certificate is not set in production.
    """
    jinja = open_templates(project)
    values = context(environ, nginx, acme)
    fresh = Path(mkdtemp(prefix=f"{runtime_dir.CONF}.", dir=runtime_dir.make(environ)))
    make_webroot(acme_webroot(environ))
    for name in jinja.list_templates(extensions=["j2"]):
        (fresh / name.removesuffix(".j2")).write_text(jinja.get_template(name).render(values))
    return fresh / "nginx.conf"


def acme_webroot(environ: Mapping[str, str]) -> Path:
    return settings.folder(environ, "ACME_WEBROOT", "acme")


def make_webroot(webroot: Path) -> None:
    """An ACME client puts files into it; the workers read them, whoever they are."""
    try:
        webroot.mkdir(parents=True, exist_ok=True, mode=0o755)
    except OSError as error:
        raise SettingError(f"ACME_WEBROOT: {error}") from None


def context(environ: Mapping[str, str], nginx: Nginx, acme: bool) -> dict[str, object]:
    """What the templates may use."""
    return {
        "nginx": nginx,
        **site(environ),
        **encryption(environ, acme),
        **limits(environ),
        **settings.clients_endpoints(environ),
        "servers": settings.application_servers(environ),
        "real_ip_from": settings.networks(environ, "REAL_IP_FROM"),
        "origins": origins(environ),
        "credentials": environ.get("CORS_CREDENTIALS", "").lower() in TRUE,
        "private_networks": settings.networks(environ, "PRIVATE_NETWORKS", settings.LOOPBACK_NETWORKS),
        "access_log": settings.access_log(environ),
        **process(environ),
    }


def process(environ: Mapping[str, str]) -> dict[str, object]:
    return {
        "folder": settings.path_in_conf("DATA_DIR", runtime_dir.folder(environ)),
        "user": runtime_dir.user(environ),
        "workers": cgroup_cpus.available(),
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
        "acme_webroot": settings.path_in_conf("ACME_WEBROOT", acme_webroot(environ)),
    }


def encryption(environ: Mapping[str, str], acme: bool) -> dict[str, object]:
    """Without `certificate` there is no TLS."""
    return {
        **({"certificate": "", "certificate_key": ""} if acme else certificate_files(environ)),
        "tls_profile": settings.tls_profile(environ),
        "hsts_max_age": settings.hsts_max_age(environ),
    }


def certificate_files(environ: Mapping[str, str]) -> dict[str, str]:
    certificate = certificate_of(environ)
    files = {
        "certificate": settings.path_in_conf("TLS_CERTIFICATE", certificate.chain),
        "certificate_key": settings.path_in_conf("TLS_CERTIFICATE_KEY", certificate.key),
    }
    settings.check_pair(certificate.chain, certificate.key)
    return files


def limits(environ: Mapping[str, str]) -> dict[str, object]:
    write_rate, write_seconds = settings.rate(environ, "WRITE_RATE", "10r/s")
    login_rate, login_seconds = settings.rate(environ, "LOGIN_RATE", "30r/m")
    return {
        "answer_header_bytes": 24 * 1024,
        "max_body_bytes": settings.count(environ, "MAX_BODY_BYTES", 1024 * 1024, settings.MOST_BODY_BYTES),
        "write_rate": write_rate,
        "write_seconds": write_seconds,
        "write_burst": settings.count(environ, "WRITE_BURST", 50, settings.MOST_BURST),
        "write_connections": settings.count(environ, "WRITE_CONNECTIONS", 20, settings.MOST_CONNECTIONS),
        "login_rate": login_rate,
        "login_burst": settings.count(environ, "LOGIN_BURST", 10, settings.MOST_BURST),
        "login_seconds": login_seconds,
    }


def certificate_of(environ: Mapping[str, str]) -> dev_certificate.Certificate:
    """The files that TLS_CERTIFICATE and TLS_CERTIFICATE_KEY name; in development one is made if they are not set."""
    chain, key = environ.get("TLS_CERTIFICATE", ""), environ.get("TLS_CERTIFICATE_KEY", "")
    if chain and key:
        return dev_certificate.Certificate(Path(chain).absolute(), Path(key).absolute(), Path(chain).absolute())
    if is_development(environ) and not chain and not key:
        try:
            return dev_certificate.development_certificate(data_dir(environ) / "tls")
        except OSError as error:
            raise SettingError(f"DATA_DIR: {error}") from None
    raise SettingError(f"{'TLS_CERTIFICATE_KEY' if chain else 'TLS_CERTIFICATE'}: is not set; it names a PEM file")


def open_files() -> int:
    """Files that a worker may open: two for each connection if the hard limit of this process allows it."""
    wanted = 2 * CONNECTIONS + 64
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
