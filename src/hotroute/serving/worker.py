"""Gunicorn's threaded worker, which leaves nobody waiting at the door when it stops."""

from select import select

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]


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
            while select([listener], [], [], 0)[0]:
                self.accept(listener)
            listener.close()
