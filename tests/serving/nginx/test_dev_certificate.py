"""The development certificate: made once, kept, renewed in time."""

import datetime as dt
import ssl
from pathlib import Path

import pytest
from cryptography import x509

from hotroute.serving.nginx import dev_certificate

pytestmark = pytest.mark.unit


def names(chain: Path) -> set[str]:
    certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return {str(name.value) for name in extension.value}


def test_it_is_for_this_machine_only_and_for_a_year(tmp_path: Path) -> None:
    made = dev_certificate.development_certificate(tmp_path / "tls")
    left = dev_certificate.expiry(made.chain) - dt.datetime.now(dt.UTC)
    assert names(made.chain) == {"localhost", "127.0.0.1", "::1"}
    assert dt.timedelta(days=364) < left <= dt.timedelta(days=365)


def test_only_its_owner_can_read_the_key(tmp_path: Path) -> None:
    made = dev_certificate.development_certificate(tmp_path / "tls")
    assert made.key.stat().st_mode & 0o777 == 0o600


def test_the_key_of_the_authority_is_nowhere(tmp_path: Path) -> None:
    made = dev_certificate.development_certificate(tmp_path / "tls")
    keys = [path for path in (tmp_path / "tls").iterdir() if "PRIVATE KEY" in path.read_text()]
    assert keys == [made.key]


def test_python_accepts_the_pair_and_its_authority(tmp_path: Path) -> None:
    made = dev_certificate.development_certificate(tmp_path / "tls")
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(made.chain, made.key)
    assert ssl.create_default_context(cafile=made.authority).cert_store_stats()["x509_ca"] == 1


def test_the_same_one_is_used_again(tmp_path: Path) -> None:
    first = dev_certificate.development_certificate(tmp_path / "tls").chain.read_bytes()
    assert dev_certificate.development_certificate(tmp_path / "tls").chain.read_bytes() == first


@pytest.mark.parametrize(("days", "renewed"), [(-1, True), (29, True), (31, False)])
def test_it_is_renewed_a_month_before_it_runs_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, days: int, renewed: bool
) -> None:
    monkeypatch.setattr(dev_certificate, "LIFETIME", dt.timedelta(days=days))
    first = dev_certificate.development_certificate(tmp_path / "tls").chain.read_bytes()
    assert (dev_certificate.development_certificate(tmp_path / "tls").chain.read_bytes() != first) is renewed


@pytest.mark.parametrize("content", [b"", b"not a certificate"])
def test_a_broken_one_is_replaced(tmp_path: Path, content: bytes) -> None:
    made = dev_certificate.development_certificate(tmp_path / "tls")
    made.chain.write_bytes(content)
    assert names(dev_certificate.development_certificate(tmp_path / "tls").chain) == {"localhost", "127.0.0.1", "::1"}
