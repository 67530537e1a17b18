"""Nothing that is not public is connected to, however its address is written."""

import socket
from typing import Any

import pytest

from hotroute.outbound_http import FetchRefusedError, fetch_document

LOOPBACK = (
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127。0。0。1",
    "①②⑦.⓪.⓪.①",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
)
PRIVATE = (
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "100.64.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "192.88.99.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[fc00::1]",
    "[fd12:3456:789a::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:169.254.169.254]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::]",
    "[2001:0:53aa:64c::80ff:fffe]",
    "[2001:db8::1]",
    "[2001:10::1]",
    "[3fff::1]",
    "[100::1]",
)
WRONG = (
    "ftp://1.1.1.1/",
    "file:///etc/passwd",
    "gopher://1.1.1.1/",
    "//1.1.1.1/",
    "/etc/passwd",
    "http://",
    "http:///path",
    "http://user@1.1.1.1/",
    "http://user:password@1.1.1.1/",
    "http://1.1.1.1:22/",
    "http://1.1.1.1:6379/",
    "http://1.1.1.1:99999/",
    "http://1.1.1.1:port/",
    "http://[::1",
    "http://1.1.1.1\r\nHost: x/",
    "http://a..b/",
    "javascript:alert(1)",
    "",
)


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that a connection is opened to; none is."""
    opened: list[Any] = []

    def create_connection(address: Any, *_arguments: Any, **_options: Any) -> socket.socket:
        opened.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create_connection)
    return opened


@pytest.mark.parametrize("host", [*LOOPBACK, *PRIVATE])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_address_that_is_not_public_is_refused(scheme: str, host: str, connections: list[Any]) -> None:
    with pytest.raises(FetchRefusedError):
        fetch_document(f"{scheme}://{host}/")
    assert connections == []


@pytest.mark.parametrize("url", WRONG)
def test_another_kind_of_url_is_refused(url: str, connections: list[Any]) -> None:
    with pytest.raises(FetchRefusedError):
        fetch_document(url)
    assert connections == []


@pytest.mark.parametrize("host", ["1.1.1.1", "[2606:4700::1111]", "8.8.8.8"])
def test_a_public_address_is_connected_to(host: str, connections: list[Any]) -> None:
    with pytest.raises(FetchRefusedError):
        fetch_document(f"http://{host}/")
    assert connections == [(host.strip("[]"), 80)]


def test_a_name_whose_address_changes_is_resolved_once(connections: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["1.1.1.1", "127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [resolved(next(answers))])
    with pytest.raises(FetchRefusedError):
        fetch_document("http://rebinding.example/")
    assert connections == [("1.1.1.1", 80)]


def test_a_name_with_a_private_address_beside_a_public_one_is_refused(
    connections: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [resolved("1.1.1.1"), resolved("10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(FetchRefusedError):
        fetch_document("http://both.example/")
    assert connections == []


def resolved(address: str) -> tuple[Any, ...]:
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)
