"""Real brokers for tests: Redis that persists, and RabbitMQ as an ordinary process of the test's own."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from hotroute.serving.settings.executables import redis_server
from tests.servers import Server, clean_environment, free_port, listens, server

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@dataclass
class Broker:
    """A broker that can be killed and started again, with what it has kept."""

    url: str
    command: list[str]
    environ: dict[str, str]
    port: int
    backend: str = ""
    running: list[tuple[object, Server]] = field(default_factory=list)

    def start(self) -> None:
        context = server(self.command, self.environ)
        process = context.__enter__()
        self.running.append((context, process))
        process.wait_for(lambda: listens(self.port), "the broker listens")

    def kill(self) -> None:
        """kill -9 of the broker and all its processes."""
        context, process = self.running.pop()
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        context.__exit__(None, None, None)  # type: ignore[attr-defined]

    def stop(self) -> None:
        while self.running:
            self.running.pop()[0].__exit__(None, None, None)  # type: ignore[attr-defined]


@contextmanager
def redis_broker() -> Iterator[Broker]:
    with tempfile.TemporaryDirectory(prefix="hotroute-broker-") as folder:
        port = free_port()
        options = ["--bind", "127.0.0.1", "--port", str(port), "--dir", folder, "--save", "", "--appendonly", "yes"]
        command = [str(redis_server({})), *options, "--maxmemory-policy", "noeviction"]
        with started(Broker(f"redis://127.0.0.1:{port}/0", command, {}, port)) as broker:
            yield broker


@contextmanager
def rabbitmq_broker() -> Iterator[Broker]:
    """RabbitMQ in a folder of its own. Its name server is its own too, and on the loopback address only."""
    with tempfile.TemporaryDirectory(prefix="hotroute-rabbitmq-") as folder, name_server() as epmd_port:
        port = free_port()
        environ = {
            "HOME": folder,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(epmd_port),
            "RABBITMQ_NODENAME": f"hotroute{port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
            "RABBITMQ_PID_FILE": f"{folder}/pid",
        }
        url = f"amqp://guest:guest@127.0.0.1:{port}//"
        with started(Broker(url, [str(RABBITMQ)], environ, port)) as broker:
            yield broker


@contextmanager
def name_server() -> Iterator[int]:
    port = free_port()
    with server(["epmd", "-port", str(port), "-address", "127.0.0.1"], clean_environment()) as running:
        running.wait_for(lambda: listens(port), "epmd listens")
        yield port


@contextmanager
def started(broker: Broker) -> Iterator[Broker]:
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
