"""As much of HTTP/2 as a test needs: one request on a connection (RFC 9113), its fields packed by HPACK (RFC 7541)."""

import json
import socket
import ssl
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.servers import Proxy, trusting
from tests.serving.nginx.sockets import encrypted

Field = tuple[bytes, bytes]

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 7, 8
END_STREAM, END_HEADERS = 1, 4
INITIAL_WINDOW_SIZE = 4
WINDOW, LARGEST_FRAME = 65535, 16384

NAMES = {8: ":status", 26: "content-encoding", 28: "content-length", 31: "content-type", 33: "date"} | {
    44: "last-modified",
    46: "location",
    54: "server",
    59: "vary",
}
STATUSES = dict(zip(range(8, 15), ("200", "204", "206", "304", "400", "404", "500"), strict=True))
"""What Nginx uses of the static table (RFC 7541, appendix A)."""

CODED = {
    5: "012aceiost",
    6: " %-./3456789=A_bdfghlmnpru",
    7: ":BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz",
    8: "&*,;XZ",
    10: '!"()?',
    11: "'+|",
    12: "#>",
    13: "\0$@[]~",
    14: "^}",
    15: "<`{",
}
"""The characters by the length of their code (RFC 7541, appendix B): the code is canonical, so the lengths give it."""


class Answer(NamedTuple):
    """`status` is 0 where the stream, or the connection, was closed without an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def ask(
    proxy: Proxy,
    method: bytes,
    path: bytes,
    fields: Sequence[Field] = (),
    body: bytes = b"",
    *,
    host: bytes = b"localhost",
    shorten: bool = False,
) -> Answer:
    """One request to the development server `proxy`; `shorten` its values by Huffman's code (RFC 7541, section 5.2)."""
    pseudo = [(b":method", method), (b":scheme", b"https"), (b":authority", host), (b":path", path)]
    trust = trusting(Path(proxy.server.environ["DATA_DIR"]))
    trust.set_alpn_protocols(["h2"])
    with encrypted(proxy.https_port, trust) as connection:
        connection.sendall(PREFACE + frame(SETTINGS, 0, 0, b""))
        connection.sendall(frame(HEADERS, END_HEADERS, 1, packed([*pseudo, *fields], shorten)))
        return Exchange(connection, body).answer()


class Exchange:
    """Sends the body as the server has room for it, and reads what comes meanwhile."""

    def __init__(self, connection: ssl.SSLSocket, body: bytes) -> None:
        self.connection, self.body = connection, body
        self.room = {0: WINDOW, 1: WINDOW}
        self.initial = WINDOW
        self.block, self.received = b"", b""

    def answer(self) -> Answer:
        ended = self.send()
        for kind, flags, stream, payload in self.frames():
            self.note(kind, stream, payload)
            if kind in {RST_STREAM, GOAWAY} or (kind in {DATA, HEADERS} and flags & END_STREAM):
                break
            ended = ended or self.send()
        headers = dict(unpacked(self.block))
        return Answer(int(headers.get(":status", "0")), headers, self.received)

    def send(self) -> bool:
        """Whether all of the body has been sent."""
        while True:
            part = self.body[: min(LARGEST_FRAME, *self.room.values())]
            self.body = self.body[len(part) :]
            if part or not self.body:
                self.connection.sendall(frame(DATA, 0 if self.body else END_STREAM, 1, part))
            self.room = {stream: room - len(part) for stream, room in self.room.items()}
            if not part or not self.body:
                return not self.body

    def note(self, kind: int, stream: int, payload: bytes) -> None:
        if kind == HEADERS:
            self.block += payload
        elif kind == DATA:
            self.received += payload
        elif kind == WINDOW_UPDATE:
            self.room[stream] += int.from_bytes(payload, "big")
        elif kind == SETTINGS:
            self.change_the_window(payload)

    def change_the_window(self, payload: bytes) -> None:
        settings = {
            payload[at + 1]: int.from_bytes(payload[at + 2 : at + 6], "big") for at in range(0, len(payload), 6)
        }
        size = settings.get(INITIAL_WINDOW_SIZE, self.initial)
        self.room[1] += size - self.initial
        self.initial = size

    def frames(self) -> Iterator[tuple[int, int, int, bytes]]:
        """Until the server hangs up."""
        while head := exactly(self.connection, 9):
            payload = exactly(self.connection, int.from_bytes(head[:3], "big"))
            yield head[3], head[4], int.from_bytes(head[5:], "big"), payload


def exactly(connection: socket.socket, count: int) -> bytes:
    """So many bytes; none where the connection was closed."""
    received = b""
    while len(received) < count:
        try:
            part = connection.recv(count - len(received))
        except ConnectionError:
            return b""
        if not part:
            return b""
        received += part
    return received


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def packed(fields: Sequence[Field], shorten: bool = False) -> bytes:
    """Each written literally (RFC 7541, section 6.2.2)."""
    write = coded if shorten else literal
    return b"".join(b"\0" + literal(name) + write(value) for name, value in fields)


def literal(text: bytes) -> bytes:
    return integer(len(text), 7) + text


def integer(value: int, bits: int) -> bytes:
    """RFC 7541, section 5.1."""
    most = 2**bits - 1
    if value < most:
        return bytes([value])
    value, written = value - most, bytes([most])
    while value >= 128:
        value, written = value >> 7, written + bytes([value % 128 + 128])
    return written + bytes([value])


def unpacked(block: bytes) -> Iterator[tuple[str, str]]:
    """The fields as Nginx writes them: from the static table, or literally; nothing from a dynamic one."""
    while block:
        first = block[0]
        if first & 0x80:
            yield ":status", STATUSES[first & 0x7F]
            block = block[1:]
        elif first & 0x20 and not first & 0x40:
            block = block[1:]  # another size of the table
        else:
            index, block = number(block, 6 if first & 0x40 else 4)
            name, block = (NAMES[index], block) if index else text(block)
            value, block = text(block)
            yield name, value


def number(block: bytes, bits: int) -> tuple[int, bytes]:
    most = 2**bits - 1
    value, block = block[0] & most, block[1:]
    if value < most:
        return value, block
    shift = 0
    while True:
        value += (block[0] & 127) << shift
        more, block, shift = block[0] & 128, block[1:], shift + 7
        if not more:
            return value, block


def text(block: bytes) -> tuple[str, bytes]:
    coded = block[0] & 0x80
    length, block = number(block, 7)
    raw, block = block[:length], block[length:]
    return (decoded(raw) if coded else raw.decode("latin-1")), block


def codes() -> dict[str, str]:
    """The character of each code, written as bits."""
    found, code, before = {}, 0, 0
    for length, characters in CODED.items():
        code <<= length - before
        for character in characters:
            found[f"{code:0{length}b}"] = character
            code += 1
        before = length
    return found


CODES = codes()


def decoded(raw: bytes) -> str:
    """What is left in the end is padding."""
    written, code = "", ""
    for bit in "".join(f"{byte:08b}" for byte in raw):
        code += bit
        if code in CODES:
            written, code = written + CODES[code], ""
    return written


def coded(text: bytes) -> bytes:
    """The literal in its shorter, coded form."""
    of = {character: code for code, character in CODES.items()}
    bits = "".join(of[character] for character in text.decode())
    bits += "1" * (-len(bits) % 8)
    raw = int(bits, 2).to_bytes(len(bits) // 8, "big")
    length = integer(len(raw), 7)
    return bytes([length[0] | 0x80]) + length[1:] + raw
