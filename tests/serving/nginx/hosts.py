"""Application hosts, each on an address of its own, that can be stopped, killed and started again."""

import os
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress

import psutil

from tests.servers import Server, free_port, gunicorn_server, wait_until
from tests.serving.conftest import APP

WORKERS = 2


class Host:
    """A Gunicorn at `address` and `port`; the loopback network has an address for every host (RFC 1122, 3.2.1.3).

    `held` is its listening socket where somebody else holds it, as systemd does.
    """

    def __init__(self, address: str, environ: Mapping[str, str], held: socket.socket | None) -> None:
        self.address = address
        self.port = held.getsockname()[1] if held else free_port()
        self.fds = [held.fileno()] if held else []
        bound = {"GUNICORN_BIND": f"fd://{held.fileno()}"} if held else {}
        listening = {"APP_ADDRESS": address, "APP_PORT": str(self.port), "GUNICORN_WORKERS": str(WORKERS)}
        self.environ = {**environ, **listening, **bound}
        self.stack = ExitStack()
        self.server: Server

    def start(self) -> None:
        self.server = self.stack.enter_context(gunicorn_server(APP, self.environ, pass_fds=self.fds))

    def stop(self) -> None:
        """TERM to the master, and the end of it."""
        self.stack.close()

    def kill(self) -> None:
        """kill -9 of the master and its workers at once, as when the machine is gone."""
        master = psutil.Process(self.server.pid)
        for process in [master, *master.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.server.process.wait(timeout=10)
        self.stop()

    def workers(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.server.pid).children()}

    def renew_workers(self) -> None:
        """HUP to the master, until none of its workers is the same."""
        before = self.workers()
        os.kill(self.server.pid, signal.SIGHUP)
        wait_until(lambda: len(self.workers()) == WORKERS and not before & self.workers(), "the workers are new")


def hold(stack: ExitStack, address: str) -> socket.socket:
    return stack.enter_context(socket.create_server((address, 0), backlog=2048))


@contextmanager
def hosts(count: int, environ: Mapping[str, str], held: bool) -> Iterator[list[Host]]:
    with ExitStack() as stack:
        addresses = [f"127.0.0.{number}" for number in range(2, count + 2)]
        made = [Host(address, environ, hold(stack, address) if held else None) for address in addresses]
        for host in made:
            stack.callback(host.stop)
            host.start()
        yield made
