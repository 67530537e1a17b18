"""A TCP proxy that misbehaves as it is told, in front of a real server."""

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import sleep

CHUNK = 65536
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER's value with which closing sends RST in place of FIN."""


class Proxy:
    """Passes bytes on, until its `mode` says otherwise, for connections that there are and for new ones.

    Attributes:
        mode: "pass"; "drop": takes everything and says nothing; "deaf": passes requests on and keeps the answers;
            "reset": breaks a connection when it is used; "delay": holds each answer back for `pause` seconds; "slice":
            passes answers on a byte or three at a time; "dribble": the same with `pause` seconds between; "flap":
            breaks every other connection; "garbage": answers what no Redis would.
        good: how many more requests pass before the mode counts.
        connections, requests: how many there were.
    """

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.target, self.tls = (host, port), tls
        self.mode, self.pause, self.good = "pass", 0.0, 0
        self.connections = self.requests = 0
        self.open: set[socket.socket] = set()
        self.deafened: set[socket.socket] = set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def refuse(self) -> None:
        """Nobody listens any more, and what is connected breaks."""
        self.stop_listening()
        for client in list(self.open):
            abort(client)

    def listen(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def close(self) -> None:
        self.mode = "reset"
        self.stop_listening()
        for client in list(self.open):
            abort(client)

    def stop_listening(self) -> None:
        # Closing alone does not wake the thread that accepts.
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(client, self.connections), daemon=True).start()

    def serve(self, client: socket.socket, number: int) -> None:
        if self.mode == "flap" and number % 2:
            abort(client)
            return
        with suppress(OSError):
            if self.tls:
                client = self.tls.wrap_socket(client, server_side=True)
            server = socket.create_connection(self.target)
            self.open |= {client, server}
            threading.Thread(target=self.answer, args=(server, client), daemon=True).start()
            self.ask(client, server)
            return
        abort(client)

    def ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(CHUNK):
                self.requests += 1
                if self.good:
                    self.good -= 1
                    server.sendall(data)
                    continue
                if self.mode == "reset":
                    break
                if self.mode == "garbage":
                    client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                elif self.mode != "drop":
                    if self.mode == "deaf":
                        self.deafened.add(server)
                    server.sendall(data)
        self.part(client, server)

    def answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(CHUNK):
                if server in self.deafened:
                    continue
                if self.mode == "delay":
                    sleep(self.pause)
                for piece in sliced(data) if self.mode in ("slice", "dribble") else [data]:
                    client.sendall(piece)
                    if self.mode == "dribble":
                        sleep(self.pause)
        self.part(client, server)

    def part(self, client: socket.socket, server: socket.socket) -> None:
        self.open -= {client, server}
        self.deafened.discard(server)
        for end in (client, server):
            abort(end)


def sliced(data: bytes) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        size = 1 + position % 3
        yield data[position : position + size]
        position += size


def abort(end: socket.socket) -> None:
    with suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextmanager
def proxy_to(port: int, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Proxy]:
    proxy = Proxy(host, port, tls)
    try:
        yield proxy
    finally:
        proxy.close()
