"""A listening socket that is closed: who has connected is served, who comes late is turned away and never reset."""

import socket
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace

import pytest

from hotroute.serving.gunicorn import listener_drain

pytestmark = pytest.mark.unit

SOON = 0.3
"""Seconds; a connection on this machine takes a thousandth of that."""


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=10) as made:
        yield made


def connect(listener: socket.socket, timeout: float = 5) -> socket.socket:
    return socket.create_connection(listener.getsockname(), timeout=timeout)


def test_newcomers_are_turned_away_and_who_has_connected_is_served(listener: socket.socket) -> None:
    address = listener.getsockname()
    with connect(listener) as early:
        early.sendall(b"POST")
        listener_drain.reject_new_syns([SimpleNamespace(sock=listener)])
        with pytest.raises(TimeoutError):
            connect(listener, SOON)
        served: list[socket.socket] = []
        listener_drain.drain_listener(listener, lambda door: served.append(door.accept()[0]))
        assert [client.recv(10) for client in served] == [b"POST"]
        served[0].sendall(b"200")
        assert early.recv(10) == b"200"
        served[0].close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address, timeout=SOON)


def test_what_is_said_on_a_connection_passes(listener: socket.socket) -> None:
    with connect(listener) as client, closing(listener.accept()[0]) as served:
        listener_drain.reject_new_syns([SimpleNamespace(sock=listener)])
        for word in (b"question", b"another"):
            client.sendall(word)
            assert served.recv(10) == word


def arbiter(**changes: object) -> SimpleNamespace:
    values = {"systemd": False, "reexec_pid": 0, "master_pid": 0, "bind": ["127.0.0.1:8000"]} | changes
    return SimpleNamespace(cfg=SimpleNamespace(bind=values.pop("bind")), **values)


def test_the_last_master_turns_newcomers_away() -> None:
    assert listener_drain.owns_listeners(arbiter())


@pytest.mark.parametrize(
    "changes",
    [{"systemd": True}, {"reexec_pid": 7}, {"master_pid": 7}, {"bind": ["127.0.0.1:8000", "fd://3"]}],
    ids=str,
)
def test_a_socket_that_others_listen_on_stays_open_to_all(changes: dict[str, object]) -> None:
    assert not listener_drain.owns_listeners(arbiter(**changes))
