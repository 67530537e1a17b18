"""Gunicorn's threaded worker: it leaves nobody waiting at the door when it stops, and its errors are JSON."""

import socket
from typing import Any

import orjson
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from hotroute.serving import door


class Worker(ThreadWorker):  # type: ignore[misc]
    """Serves who has connected already, and closes its listening sockets at once.

    Gunicorn's own (27.0.1) keeps them open for as long as it has connections, without accepting: whoever connects in
    those seconds is reset in the end, with a request already sent. A closed port is refused, and Nginx asks the next
    server, be it for a POST. While other workers listen on the same sockets, closing these changes nothing.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive:
            self.close_the_door()

    def close_the_door(self) -> None:
        for listener in self.sockets:
            door.close(listener, self.accept)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what never became a request for the application in the shape of its errors, not as HTML."""
        super().handle_error(req, Answer(client), addr, exc)


class Answer:
    """A client's socket, to which Gunicorn's page for an error goes as JSON with the same status.

    Args:
        client: who gets it.
    """

    def __init__(self, client: socket.socket) -> None:
        self.client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def sendall(self, page: bytes) -> None:
        status_line = page.partition(b"\r\n")[0]
        _, status, phrase = status_line.decode("latin-1").split(maxsplit=2)
        why = "" if status == "500" else "the request was refused before the application saw it: "
        body = orjson.dumps({"errors": {"body": [why + phrase.lower()]}})
        head = b"Connection: close\r\nContent-Type: application/json\r\nContent-Length: %d" % len(body)
        self.client.sendall(b"\r\n".join((status_line, head, b"", body)))
