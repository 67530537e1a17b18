"""One connection to a Redis: requests and replies within a deadline, which redis-py's timeout for each read is not."""

import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from select import POLLIN, poll
from typing import Any

from hiredis import Reader, ReplyError, pack_command

from hotroute.cache.redis_client.endpoint import Address, left

Word = str | bytes | int
Command = tuple[Word, ...]
# Its stub wants a tuple of one element.
pack: Callable[[Command], bytes] = pack_command  # type: ignore[assignment]
CHUNK = 65536
NOTHING = object()
ROUGHLY = 0.9
"""A limit that is set already, and longer than what is left by no more than this says, stays."""


class RedisConnection:
    """
    Attributes:
        run_id: of the server's run. A server that restarts gets a new one and drops its connections: what was learned
            from one run of it is never mistaken for the state of another.
        role: "master", as Redis calls a primary, or another.
        era: for who keeps connections.
    """

    def __init__(self, address: Address, deadline: float) -> None:
        """Connect, log in, and ask what the server is, in one round trip.

        Raises:
            OSError: no answer before `deadline`, of `time.monotonic`.
            HiredisError: an answer that is none, or a refusal.
        """
        self.reader = Reader(notEnoughData=NOTHING)
        self.run_id = self.role = ""
        self.era = 0
        self.limit = 0.0
        self.socket = address.dial(deadline)
        self.kernel_limits = address.tls is None
        if self.kernel_limits:
            self.socket.setblocking(True)
        self.readable = poll()
        self.readable.register(self.socket, POLLIN)
        try:
            self.handshake(address, deadline)
        except BaseException:
            self.close()
            raise

    def handshake(self, address: Address, deadline: float) -> None:
        told = self.execute([*login(address), ("INFO", "server"), ("INFO", "replication")], deadline)
        for reply in told:
            if isinstance(reply, ReplyError):
                raise reply
        known = dict(line.split(":", 1) for text in told[-2:] for line in text.decode().splitlines() if ":" in line)
        self.run_id, self.role = known.get("run_id", ""), known.get("role", "")

    def execute(self, commands: Sequence[Command], deadline: float) -> list[Any]:
        """A reply to each; a refusal is a `ReplyError` among them, not raised.

        After any exception the connection is of no use: an answer may still be under way.

        Raises:
            OSError: the connection broke, or `deadline` passed.
            ProtocolError: what came is not Redis's protocol.
        """
        return self.send_packed(b"".join([pack(command) for command in commands]), len(commands), deadline)

    def send_packed(self, commands: bytes, replies: int, deadline: float) -> list[Any]:
        """`ask`, of commands that are packed already."""
        self.apply_deadline(deadline)
        self.socket.sendall(commands)
        return [self.read(deadline) for _ in range(replies)]

    def apply_deadline(self, deadline: float) -> None:
        """Let no call of the socket take longer than until `deadline`, or a little longer.

        With Python's own timeouts each question takes four system calls more, at each of which the thread gives up the
        interpreter and may have to wait for it. OpenSSL does not know the kernel's.
        """
        seconds = left(deadline)
        if not self.kernel_limits:
            self.socket.settimeout(seconds)
        elif not self.limit * ROUGHLY <= seconds <= self.limit / ROUGHLY:
            self.limit = seconds
            # A timeval (socket(7)).
            time = struct.pack("ll", int(seconds), int(seconds % 1 * 1_000_000))
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                self.socket.setsockopt(socket.SOL_SOCKET, option, time)

    def read(self, deadline: float) -> Any:
        while (reply := self.reader.gets()) is NOTHING:
            self.apply_deadline(deadline)
            try:
                received = self.socket.recv(CHUNK)
            except BlockingIOError:
                raise TimeoutError("timed out") from None
            if not received:
                raise ConnectionResetError("Redis closed the connection")
            self.reader.feed(received)
        return reply

    def is_usable(self) -> bool:
        """Whether it can be used: the server has neither closed it nor sent what nobody asked for."""
        return not self.readable.poll(0) and not self.reader.has_data()

    def close(self) -> None:
        """Without a word to the server, so that a process can close what it has from its parent."""
        with suppress(OSError):
            self.socket.close()

    def __del__(self) -> None:
        # Nobody waits for those that are idle when their pool goes.
        if hasattr(self, "socket"):
            self.close()


def login(address: Address) -> list[Command]:
    """A password that is not asked for is refused by Redis, as is a command before the one that is."""
    said: list[Command] = []
    if address.password:
        said.append(("AUTH", *([address.username] if address.username else []), address.password))
    if address.db:
        said.append(("SELECT", address.db))
    return said
