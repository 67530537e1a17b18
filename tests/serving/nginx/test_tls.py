"""What is offered and refused in a handshake: versions, ciphers, HTTP/2, sessions."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.servers import Proxy, nginx_server
from tests.serving.nginx.sockets import Authority, encrypted, exchange, request

V1_2, V1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
SUITES = ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
REFUSED = (
    "ECDHE-ECDSA-AES128-SHA256",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES128-SHA256",
    "ECDHE-RSA-AES256-SHA",
    "DHE-RSA-AES128-GCM-SHA256",
    "DHE-RSA-CHACHA20-POLY1305",
    "AES128-GCM-SHA256",
    "AES256-SHA",
)


@pytest.fixture(scope="module", params=list(trustme.KeyType), ids=lambda key: key.name)
def keyed(
    request: pytest.FixtureRequest, program: Path, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Proxy]]:
    """The kind of key, and Nginx with a certificate of it."""
    certificate = authority.certificate(tmp_path_factory.mktemp("tls"), "localhost", key=request.param)
    with nginx_server(1, {"NGINX_PROGRAM": str(program), **certificate}, authority.trust()) as proxy:
        yield request.param.name, proxy


def handshake(
    proxy: Proxy, authority: Authority, version: ssl.TLSVersion, ciphers: str = "DEFAULT:@SECLEVEL=0"
) -> tuple[str, str]:
    """The version and the cipher that were agreed on; at level 0 it is the server that refuses."""
    trust = authority.trust()
    trust.set_ciphers(ciphers)
    trust.minimum_version = trust.maximum_version = version
    with encrypted(proxy.https_port, trust) as connection:
        agreed = connection.cipher()
        assert agreed
        return connection.version() or "", agreed[0]


@pytest.mark.parametrize(("version", "name"), [(V1_2, "TLSv1.2"), (V1_3, "TLSv1.3")])
def test_current_versions_are_spoken(
    keyed: tuple[str, Proxy], authority: Authority, version: ssl.TLSVersion, name: str
) -> None:
    assert handshake(keyed[1], authority, version)[0] == name


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_old_versions_are_refused(keyed: tuple[str, Proxy], authority: Authority, version: ssl.TLSVersion) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(keyed[1], authority, version)


@pytest.mark.parametrize("suite", SUITES)
def test_each_suite_of_the_profile_is_offered(keyed: tuple[str, Proxy], authority: Authority, suite: str) -> None:
    key, proxy = keyed
    cipher = f"ECDHE-{key}-{suite}"
    assert handshake(proxy, authority, V1_2, cipher) == ("TLSv1.2", cipher)


@pytest.mark.parametrize("cipher", REFUSED)
def test_others_are_refused(keyed: tuple[str, Proxy], authority: Authority, cipher: str) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        handshake(keyed[1], authority, V1_2, f"{cipher}:@SECLEVEL=0")


def test_http_2_is_offered(keyed: tuple[str, Proxy], authority: Authority) -> None:
    trust = authority.trust()
    trust.set_alpn_protocols(["h2", "http/1.1"])
    with encrypted(keyed[1].https_port, trust) as connection:
        assert connection.selected_alpn_protocol() == "h2"


@pytest.mark.parametrize("version", [V1_2, V1_3])
def test_a_session_is_resumed_from_the_servers_memory(nginx: Proxy, version: ssl.TLSVersion, tmp_path: Path) -> None:
    """No ticket in TLS 1.2. In 1.3 a session always comes as one (RFC 8446, 4.6.1): it is 32 bytes, a mere number."""
    trust = ssl.create_default_context(cafile=Path(nginx.server.environ["DATA_DIR"]) / "tls" / "ca.pem")
    trust.minimum_version = trust.maximum_version = version
    with encrypted(nginx.https_port, trust) as first:
        exchange(first, request(b"GET /pid HTTP/1.1"))
        session = first.session
    with encrypted(nginx.https_port, trust, session=session) as second:
        assert second.session_reused
        assert second.session is not None
    assert session is not None
    assert session.has_ticket is (version == V1_3)


def test_the_modern_profile_speaks_1_3_only(program: Path, authority: Authority, tmp_path: Path) -> None:
    chosen = {"NGINX_PROGRAM": str(program), "TLS_PROFILE": "modern", **authority.certificate(tmp_path, "localhost")}
    with nginx_server(1, chosen, authority.trust()) as proxy:
        assert handshake(proxy, authority, V1_3)[0] == "TLSv1.3"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            handshake(proxy, authority, V1_2)
