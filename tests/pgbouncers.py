"""A real PgBouncer in front of a test's PostgreSQL."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from tests import requirements
from tests.servers import free_port, listens, server

CONFIGURATION = """
[databases]
* = host={folder} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 500
"""


@contextmanager
def pgbouncer_server(postgresql_url: str, size: int = 20, mode: str = "transaction") -> Iterator[str]:
    """Start one that shares `size` connections among all clients; its URL does not say yet that it is a pooler."""
    behind = make_url(postgresql_url)
    sockets, port = Path(str(behind.query["host"])), free_port()
    with TemporaryDirectory(prefix="hotroute-pgbouncer-") as folder:
        file = Path(folder) / "pgbouncer.ini"
        values = {"folder": sockets, "user": behind.username, "port": port, "mode": mode, "size": size}
        file.write_text(CONFIGURATION.format(**values))
        Path(folder).chmod(0o755)
        # It does not run as root, and PostgreSQL's own user reaches the socket.
        user = sockets.stat().st_uid if os.geteuid() == 0 else None
        with server([requirements.program(requirements.PGBOUNCER), file], {}, user=user) as running:
            running.wait_for(lambda: listens(port), "PgBouncer listens")
            yield f"postgresql://{behind.username}@127.0.0.1:{port}/{behind.database}"


def pooled(url: str) -> str:
    return f"{url}?pooler=transaction"
