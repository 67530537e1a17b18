"""Nginx's configuration: the templates filled in from the environment, in a folder below DATA_DIR/nginx."""

import resource
from collections.abc import Mapping
from pathlib import Path
from tempfile import mkdtemp

from hotroute.serving.nginx import dev_certificate, runtime_dir, tls_files
from hotroute.serving.nginx.binary import Nginx
from hotroute.serving.nginx.template_files import PROJECT, open_templates
from hotroute.serving.settings import cgroup_cpus
from hotroute.settings import SettingError
from hotroute.settings.hosts import in_a_url, is_address
from hotroute.settings.proxy import ProxySettings, seconds_between

CONNECTIONS = 4096
"""For each worker. With 1,024, a thousand slow clients leave no room for a fast one."""


def render(environ: Mapping[str, str], nginx: Nginx, project: Path = PROJECT, acme: bool = False) -> Path:
    """Write every template without its suffix into a new folder; return the path of `nginx.conf`.

    Args:
        project: a folder whose templates replace the package's of the same name.
        acme: only plain HTTP, on which an ACME client shows that the names are ours: there is no certificate yet.

    Raises:
        SettingError: variables cannot be used, or the certificate is not set in production.
    """
    settings = ProxySettings.read(environ)
    jinja = open_templates(project)
    values = context(settings, nginx, acme) | process(environ)
    fresh = Path(mkdtemp(prefix=f"{runtime_dir.CONF}.", dir=runtime_dir.make(environ)))
    make_webroot(settings.acme_folder)
    for name in jinja.list_templates(extensions=["j2"]):
        (fresh / name.removesuffix(".j2")).write_text(jinja.get_template(name).render(values))
    return fresh / "nginx.conf"


def make_webroot(webroot: Path) -> None:
    """An ACME client puts files into it; the workers read them, whoever they are."""
    try:
        webroot.mkdir(parents=True, exist_ok=True, mode=0o755)
    except OSError as error:
        raise SettingError(f"ACME_WEBROOT: {error}") from None


def context(settings: ProxySettings, nginx: Nginx, acme: bool) -> dict[str, object]:
    """Return what the templates may use of the settings."""
    return {
        "nginx": nginx,
        **site(settings),
        **encryption(settings, acme),
        **limits(settings),
        "http": settings.endpoints("HTTP_PORT"),
        "https": settings.endpoints("HTTPS_PORT"),
        "servers": settings.application_servers,
        "real_ip_from": list(settings.real_ip_from),
        "origins": list(settings.cors_origins),
        "credentials": settings.cors_credentials,
        "private_networks": list(settings.private_networks),
        "access_log": settings.access_log,
    }


def process(environ: Mapping[str, str]) -> dict[str, object]:
    return {
        "folder": str(runtime_dir.folder(environ)),
        "user": runtime_dir.user(environ),
        "workers": cgroup_cpus.available(),
        "connections": CONNECTIONS,
        "open_files": open_files(),
    }


def site(settings: ProxySettings) -> dict[str, object]:
    """`site` is the name and port that clients use: Nginx has checked `$host`, not the client's own Host header."""
    return {
        "names": [f'"{in_a_url(name)}"' for name in settings.server_names],
        "names_an_address": any(is_address(name) for name in settings.server_names),
        "site": "$host" if settings.https_port == 443 else f"$host:{settings.https_port}",
        "static": str(settings.static_folder),
        "acme_webroot": str(settings.acme_folder),
    }


def encryption(settings: ProxySettings, acme: bool) -> dict[str, object]:
    """Without `certificate` there is no TLS."""
    return {
        **({"certificate": "", "certificate_key": ""} if acme else certificate_files(settings)),
        "tls_profile": settings.tls_profile,
        "hsts_max_age": settings.hsts_seconds,
    }


def certificate_files(settings: ProxySettings) -> dict[str, str]:
    certificate = certificate_of(settings)
    tls_files.check_pair(certificate.chain, certificate.key)
    return {"certificate": str(certificate.chain), "certificate_key": str(certificate.key)}


def limits(settings: ProxySettings) -> dict[str, object]:
    return {
        "answer_header_bytes": 24 * 1024,
        "max_body_bytes": settings.max_body_bytes,
        "write_rate": settings.write_rate,
        "write_seconds": seconds_between(settings.write_rate),
        "write_burst": settings.write_burst,
        "write_connections": settings.write_connections,
        "login_rate": settings.login_rate,
        "login_burst": settings.login_burst,
        "login_seconds": seconds_between(settings.login_rate),
    }


def certificate_of(settings: ProxySettings) -> dev_certificate.Certificate:
    """Return the files that TLS_CERTIFICATE and TLS_CERTIFICATE_KEY name; in development one is made without them.

    Raises:
        SettingError: one is not set, or none can be made.
    """
    chain, key = settings.tls_certificate, settings.tls_certificate_key
    if chain and key:
        return dev_certificate.Certificate(chain, key, chain)
    if settings.is_development and not chain and not key:
        try:
            return dev_certificate.development_certificate(settings.data_dir / "tls")
        except OSError as error:
            raise SettingError(f"DATA_DIR: {error}") from None
    raise SettingError(f"{'TLS_CERTIFICATE_KEY' if chain else 'TLS_CERTIFICATE'}: is not set; it names a PEM file")


def open_files() -> int:
    """Files that a worker may open: two for each connection if the hard limit of this process allows it."""
    wanted = 2 * CONNECTIONS + 64
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
