"""How a Gunicorn that stops closes its listening sockets: who is inside is served, who comes late goes elsewhere.

Closing a listening socket resets whoever has connected and was not accepted, with the request sent already; a proxy
may not send a POST again then. So the kernel first turns newcomers away (Linux), silently: their SYN is sent again a
second later, and refused, and the proxy asks the next server. Then those who have connected are accepted, then the
socket is closed.
"""

import ctypes
import socket
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from select import select
from time import monotonic
from typing import Any

SO_ATTACH_FILTER = 26
"""Linux, socket(7); Python does not name it."""

WITHOUT_SYN = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in (
        (0x30, 0, 0, 13),  # the byte of TCP's header that has the flags (RFC 9293, section 3.1)
        (0x54, 0, 0, 0x12),  # of them, SYN and ACK
        (0x15, 0, 1, 0x02),  # is it a SYN alone?
        (0x06, 0, 0, 0),  # then drop it
        (0x06, 0, 0, 0xFFFFFFFF),
    )
)
"""A classic BPF program: all segments but those that begin a connection (Linux's networking/filter.rst)."""

HANDSHAKE = 0.05
"""Seconds in which a connection that was begun before is there: many times as long as a proxy is away."""


def on_starting(arbiter: Any) -> None:
    """Gunicorn's server hook of that name. It has none for the master's stop, in which it closes its sockets first."""
    stop: Callable[[bool], None] = arbiter.stop

    def stop_turning_away(graceful: bool = True) -> None:
        if owns_listeners(arbiter):
            reject_new_syns(arbiter.LISTENERS)
        stop(graceful)

    arbiter.stop = stop_turning_away


def owns_listeners(arbiter: Any) -> bool:
    """Whether nobody listens on its sockets afterwards: no other master (USR2), nor who has handed them in."""
    handed_in = arbiter.systemd or any(str(bind).startswith("fd://") for bind in arbiter.cfg.bind)
    return not handed_in and arbiter.reexec_pid == arbiter.master_pid == 0


def reject_new_syns(listeners: Iterable[Any]) -> None:
    program = ctypes.create_string_buffer(WITHOUT_SYN)
    length = len(WITHOUT_SYN) // struct.calcsize("HBBI")
    for listener in listeners:
        if listener.sock.family == socket.AF_UNIX:
            continue  # Its name is gone before it is closed.
        # Elsewhere than on Linux late ones may be reset.
        with suppress(OSError):
            listener.sock.setsockopt(
                socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", length, ctypes.addressof(program))
            )


def drain_listener(listener: Any, accept: Callable[[Any], object]) -> None:
    """
    Args:
        accept: takes in one who has connected.
    """
    until = monotonic() + HANDSHAKE
    while (left := until - monotonic()) > 0 and select([listener], [], [], left)[0]:
        accept(listener)
    listener.close()
