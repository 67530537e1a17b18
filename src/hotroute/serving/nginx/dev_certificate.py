"""The certificate of a developer's machine: made once, kept in DATA_DIR/tls, made again when it runs out."""

import datetime as dt
import os
from pathlib import Path
from typing import NamedTuple

from hotroute.serving.settings.executables import INSTALL, NotInstalledError

NAMES = ("localhost", "127.0.0.1", "::1")
LIFETIME = dt.timedelta(days=365)
CLOCKS_DIFFER = dt.timedelta(hours=1)
RENEWAL = dt.timedelta(days=30)
"""A certificate with less than this left is replaced."""


class Certificate(NamedTuple):
    """Paths of PEM files: the chain, its private key (the same file in development), the authority that signed it."""

    chain: Path
    key: Path
    authority: Path


def development_certificate(folder: Path) -> Certificate:
    """A certificate for this machine's own names, valid for at least `RENEWAL` from now.

    The authority's own key is thrown away, so that nobody can sign another certificate with it: who told a browser to
    trust `ca.pem` trusts these names only, and does it again after a renewal, once a year.
    """
    certificate = Certificate(folder / "localhost.pem", folder / "localhost.pem", folder / "ca.pem")
    if not certificate.authority.exists() or expiry(certificate.chain) < dt.datetime.now(dt.UTC) + RENEWAL:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        issue(certificate)
    return certificate


def expiry(chain: Path) -> dt.datetime:
    """When the first certificate of the file runs out; long ago if there is none."""
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    try:
        return load_pem_x509_certificate(chain.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return dt.datetime.min.replace(tzinfo=dt.UTC)


def issue(certificate: Certificate) -> None:
    try:
        import trustme  # noqa: PLC0415  # of requirements/embedded.txt: production brings its own certificate
    except ImportError:
        raise NotInstalledError(f"A development certificate needs trustme. {INSTALL}") from None
    now = dt.datetime.now(dt.UTC)
    until = now + LIFETIME
    authority = trustme.CA(organization_name="Hotroute development")
    leaf = authority.issue_cert(*NAMES, not_before=min(now, until) - CLOCKS_DIFFER, not_after=until)
    write_private(certificate.authority, authority.cert_pem.bytes())
    write_private(certificate.chain, leaf.private_key_and_cert_chain_pem.bytes())


def write_private(path: Path, content: bytes) -> None:
    """Write the file whole or not at all, readable by its owner only from its first byte on."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    fresh.replace(path)
