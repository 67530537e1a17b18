"""Redis servers that a test may restart, fill, flush, demote and lock."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from hotroute.serving.settings.executables import redis_server
from tests.servers import clean_environment, free_port, wait_until


class RedisServer:
    """A process with a port and a folder that stay the same when it is started again.

    Args:
        options: of the program.

    Attributes:
        password: for the test's own calls.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.options, self.port = folder, options, free_port()
        self.password: str | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, socket_timeout=10, password=self.password)

    def start(self) -> None:
        fixed = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--save", ""]
        self.run([*fixed, "--appendonly", "no", *self.options])
        wait_until(self.answers, "Redis answers PING")

    def run(self, arguments: list[str]) -> None:
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(redis_server(os.environ)), *arguments],
                env=clean_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def answers(self) -> bool:
        try:
            with self.client as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def call(self, *command: str | int) -> object:
        with self.client as client:
            return client.execute_command(*command)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=15)

    def pause(self) -> None:
        self.process.send_signal(19)

    def resume(self) -> None:
        self.process.send_signal(18)

    def close(self) -> None:
        """At once: it keeps nothing that anybody will miss."""
        if self.process.poll() is None:
            self.kill()


@contextmanager
def redis_of_its_own(*options: str) -> Iterator[RedisServer]:
    with tempfile.TemporaryDirectory(prefix="hotroute-redis-") as folder:
        server = RedisServer(Path(folder), *options)
        try:
            yield server
        finally:
            server.close()
