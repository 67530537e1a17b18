"""A real Memcached.

WITHOUT=memcached leaves these tests out, and says so at the end.
"""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests import requirements
from tests.requirements import MEMCACHED
from tests.servers import clean_environment, end, free_port, wait_until

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    requirements.deselect(MEMCACHED, HERE, config, items)


@pytest.fixture(scope="module")
def memcached() -> Iterator[str]:
    """The server's address."""
    port = free_port()
    command = [str(requirements.program(MEMCACHED)), "-l", "127.0.0.1", "-p", str(port), "-U", "0", "-u", "nobody"]
    process = subprocess.Popen(command, env=clean_environment(), stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(lambda: answers(port), "Memcached says its version")
        yield f"127.0.0.1:{port}"
    finally:
        end(process)


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"version\r\n")
        return connection.recv(100).startswith(b"VERSION")
    return False
