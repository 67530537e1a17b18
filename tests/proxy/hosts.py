"""Application hosts, each on an address of its own, that can be stopped, killed and started again."""

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress

import psutil

from tests.servers import Server, free_port, gunicorn_server, wait_until
from tests.serving.conftest import APP

WORKERS = 2


class Host:
    """A Gunicorn at `address` and `port`; the loopback network has an address for every host (RFC 1122, 3.2.1.3)."""

    def __init__(self, address: str, port: int, environ: Mapping[str, str]) -> None:
        self.address, self.port = address, port
        self.environ = {**environ, "APP_ADDRESS": address, "APP_PORT": str(port), "GUNICORN_WORKERS": str(WORKERS)}
        self.stack = ExitStack()
        self.server: Server

    def start(self) -> None:
        self.server = self.stack.enter_context(gunicorn_server(APP, self.environ))

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


@contextmanager
def hosts(count: int, environ: Mapping[str, str]) -> Iterator[list[Host]]:
    made = [Host(f"127.0.0.{number}", free_port(), environ) for number in range(2, count + 2)]
    with ExitStack() as stack:
        for host in made:
            stack.callback(host.stop)
            host.start()
        yield made
