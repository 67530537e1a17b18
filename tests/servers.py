"""Real servers for tests, as context managers: each runs on a free port and is gone, with its children, afterwards."""

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from pathlib import Path

from hotroute.serving.stack.probes import redis_answer
from hotroute.settings.serving import PORTS

ROOT = Path(__file__).parents[1]
PROGRAMS = Path(sys.executable).parent
STARTING = 60.0
"""Seconds that a server may take to start on a busy machine."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until(condition: Callable[[], bool], what: str, seconds: float = STARTING) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.02)


@dataclass
class Server:
    """A running server; `log` is the file with its output."""

    process: subprocess.Popen[bytes]
    log: Path
    environ: Mapping[str, str]

    @property
    def pid(self) -> int:
        return self.process.pid

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait, and say what the server wrote if it ends or takes too long."""

        def met() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"it ended with {self.process.returncode}: {self.output()}")
            return condition()

        try:
            wait_until(met, what)
        except TimeoutError as late:
            raise TimeoutError(f"{late}; it wrote: {self.output()}") from None


@contextmanager
def server(
    command: Sequence[str | Path],
    environ: Mapping[str, str],
    cwd: Path = ROOT,
    pass_fds: Sequence[int] = (),
    user: int | None = None,
) -> Iterator[Server]:
    """The command in a process group of its own, which gets TERM in the end, and KILL if that does not help."""
    with tempfile.TemporaryDirectory(prefix="hotroute-") as folder:
        complete = {**clean_environment(), "DATA_DIR": folder, **environ}
        log = Path(folder) / "output.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=cwd,
                env=complete,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=pass_fds,
                user=user,
            )
        try:
            yield Server(process, log, complete)
        finally:
            end(process)


def clean_environment() -> dict[str, str]:
    """This process's environment without the settings of a developer's shell; who tests the profiler switches it on."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "VIRTUAL_ENV") if name in os.environ}
    path = f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return kept | {"PATH": path, "PYTHONPATH": str(ROOT), "PROFILER_ENABLED": "false"}


def end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=15)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=15)


@contextmanager
def redis_server(environ: Mapping[str, str] | None = None) -> Iterator[str]:
    """A Redis-compatible server of the test's own; its URL."""
    port = free_port()
    with server([PROGRAMS / "hotroute", "redis"], {"REDIS_PORT": str(port), **(environ or {})}) as running:
        running.wait_for(lambda: not redis_answer(running.environ), "Redis answers PING")
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def gunicorn_server(
    app: str,
    environ: Mapping[str, str] | None = None,
    path: str = "/healthz",
    pass_fds: Sequence[int] = (),
) -> Iterator[Server]:
    """Gunicorn with the project's gunicorn.conf.py on `APP_PORT`, once it answers 200 on `path`."""
    chosen = {"APP_PORT": str(free_port()), **(environ or {})}
    port, address = int(chosen["APP_PORT"]), chosen.get("APP_ADDRESS", "127.0.0.1")
    with server([PROGRAMS / "gunicorn", app], chosen, pass_fds=pass_fds) as running:
        running.wait_for(lambda: status(port, path, address) == 200, f"Gunicorn answers {path}")
        yield running


def status(port: int, path: str, address: str = "127.0.0.1") -> int:
    """The status of a GET on plain HTTP; 0 if there is no answer."""
    connection = HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


@dataclass
class Proxy:
    """A running Nginx: where it is, and how to trust it."""

    server: Server
    http_port: int
    https_port: int
    trust: ssl.SSLContext

    def connect(self, timeout: float = 30) -> HTTPSConnection:
        return HTTPSConnection("localhost", self.https_port, context=self.trust, timeout=timeout)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> tuple[HTTPResponse, bytes]:
        return self.request("GET", path, headers=headers)

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[HTTPResponse, bytes]:
        connection = self.connect()
        try:
            connection.request(method, path, body, dict(headers or {}))
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()


UNLIMITED = {
    "WRITE_RATE": "100000r/s",
    "WRITE_BURST": "100000",
    "WRITE_CONNECTIONS": "10000",
    "LOGIN_RATE": "100000r/s",
    "LOGIN_BURST": "100000",
}
"""Limits by address that no test reaches, all of them coming from one; a test about a limit sets its own."""


@contextmanager
def nginx_server(
    app_port: int, environ: Mapping[str, str] | None = None, trust: ssl.SSLContext | None = None
) -> Iterator[Proxy]:
    """The project's Nginx in front of `app_port`, with a development certificate unless `trust` is for another."""
    http_port, https_port = free_port(), free_port()
    ports = {"HTTP_PORT": str(http_port), "HTTPS_PORT": str(https_port), "APP_PORT": str(app_port)}
    chosen = {"APP_ENV": "development", **UNLIMITED, **ports, **(environ or {})}
    with server([PROGRAMS / "hotroute", "nginx"], chosen) as running:
        running.wait_for(lambda: listens(https_port), "Nginx listens")
        yield Proxy(running, http_port, https_port, trust or trusting(Path(running.environ["DATA_DIR"])))


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def trusting(data_dir: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=data_dir / "tls" / "ca.pem")


@contextmanager
def stack(root: Path = ROOT, environ: Mapping[str, str] | None = None) -> Iterator[Proxy]:
    """The whole stack by `hotroute up` in the folder `root`, once it says that it is running."""
    with starting_stack(root, environ) as running:
        running.wait_for(lambda: "CTRL-C stops everything" in running.output(), "the stack runs")
        trust = trusting(Path(running.environ["DATA_DIR"]))
        yield Proxy(running, int(running.environ["HTTP_PORT"]), int(running.environ["HTTPS_PORT"]), trust)


@contextmanager
def starting_stack(root: Path = ROOT, environ: Mapping[str, str] | None = None) -> Iterator[Server]:
    ports = {name: str(free_port()) for name in PORTS}
    with server([PROGRAMS / "hotroute", "up"], {**UNLIMITED, **ports, **(environ or {})}, cwd=root) as running:
        yield running
