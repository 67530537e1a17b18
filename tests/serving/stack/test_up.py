"""`hotroute up` runs a Procfile: a whole stack, with the test's application in it."""

import datetime as dt
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from hotroute.serving.stack.console import Console
from hotroute.serving.stack.up import procfile
from hotroute.settings.serving import PORTS
from tests.servers import ROOT, Proxy, Server, free_port, server, stack, starting_stack, status, wait_until
from tests.serving.conftest import APP

WEB = f"gunicorn -c {ROOT}/gunicorn.conf.py {APP}"
PROXY = f"hotroute nginx --templates {ROOT}/nginx"


def write(root: Path, **commands: str) -> Path:
    parts = {"release": "echo released", "redis": "hotroute redis", "web": WEB, "proxy": PROXY} | commands
    (root / "Procfile").write_text("".join(f"{name}: {command}\n" for name, command in parts.items()))
    return root


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Proxy]:
    with stack(write(tmp_path)) as proxy:
        yield proxy


def descendants(server: Server) -> list[psutil.Process]:
    return psutil.Process(server.pid).children(recursive=True)


def gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def free(environ: Mapping[str, str]) -> bool:
    """Whether every port of the stack can be listened on again."""
    for name in PORTS:
        with closing(socket.socket()) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", int(environ[name])))
            except OSError:
                return False
    return True


def end_of(server: Server) -> tuple[int, str]:
    """The exit code, and the last line."""
    code = server.process.wait(timeout=60)
    return code, server.output().splitlines()[-1]


def test_the_stack_answers_over_https_and_says_where_to_look(running: Proxy) -> None:
    response, _ = running.get("/readyz")
    site = f"https://localhost:{running.https_port}"
    assert response.status == 200
    for place in (f"{site}/api", f"{site}/docs/", f"{site}/readyz", running.server.environ["DATA_DIR"]):
        assert place in running.server.output()


def test_a_developer_is_told_the_profilers_password_at_every_start(running: Proxy) -> None:
    secrets = (Path(running.server.environ["DATA_DIR"]) / "development.env").read_text()
    password = secrets.partition("PROFILER_PASSWORD=")[2].splitlines()[0]
    assert f"https://localhost:{running.https_port}/profiler/ (admin, {password})" in running.server.output()


def test_the_release_command_ends_before_the_application_starts(running: Proxy) -> None:
    output = running.server.output()
    assert output.index("Ready to accept connections") < output.index("released") < output.index("Starting gunicorn")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.matrix("number")
def test_a_signal_stops_everything_and_leaves_nothing(running: Proxy, number: signal.Signals) -> None:
    started = descendants(running.server)
    assert len(started) >= 6
    os.kill(running.server.pid, number)
    assert end_of(running.server) == (0, "Everything has stopped.")
    assert [process for process in started if not gone(process)] == []
    assert free(running.server.environ)


def test_a_request_in_flight_is_answered_before_the_stack_stops(running: Proxy) -> None:
    connection = running.connect()
    connection.request("GET", "/sleep?s=1")
    wait_until(lambda: busy(running), "the request is with the application")
    os.kill(running.server.pid, signal.SIGINT)
    assert connection.getresponse().status == 200
    connection.close()
    assert end_of(running.server)[0] == 0


def busy(running: Proxy) -> bool:
    port = int(running.server.environ["APP_PORT"])
    connections = [one for process in descendants(running.server) for one in process.net_connections("tcp4")]
    return any(one.raddr and one.raddr.port == port for one in connections)


def test_kill_9_of_the_stack_leaves_nothing_either(running: Proxy) -> None:
    started = descendants(running.server)
    os.kill(running.server.pid, signal.SIGKILL)
    running.server.process.wait(timeout=10)
    wait_until(lambda: all(map(gone, started)), "every process is gone")
    assert free(running.server.environ)


@pytest.mark.parametrize(("part", "program"), [("redis", "-server"), ("web", "gunicorn"), ("proxy", "nginx: master")])
@pytest.mark.matrix("part")
def test_a_part_that_dies_later_is_named_and_the_rest_stops(running: Proxy, part: str, program: str) -> None:
    started = descendants(running.server)
    victim = next(process for process in started if program in " ".join(process.cmdline()))
    victim.kill()
    code, last = end_of(running.server)
    assert (code, last) == (1, f"{part} failed with signal SIGKILL; everything was stopped.")
    assert [process for process in started if not gone(process)] == []


@pytest.mark.parametrize("part", ["redis", "release", "web", "proxy"])
@pytest.mark.matrix("part")
def test_a_part_that_fails_at_the_start_is_named_with_what_it_said(tmp_path: Path, part: str) -> None:
    # Who is quick to end may be slow to tell.
    root = write(tmp_path, **{part: "(sleep 0.3; echo it hurts here) & exit 3"})
    with starting_stack(root) as stack:
        code, last = end_of(stack)
        assert (code, last) == (1, f"{part} failed with exit code 3; everything was stopped.")
        assert stack.output().splitlines()[-2] == "it hurts here"
        assert free(stack.environ)


def test_nothing_starts_when_a_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with starting_stack(write(tmp_path), {"HTTPS_PORT": str(port)}) as stack:
            code, last = end_of(stack)
            assert code == 1
            assert last.startswith(f"hotroute: HTTPS_PORT: port {port} on 127.0.0.1 cannot be used")
            assert "redis" not in stack.output()


def test_outside_of_the_project_it_says_where_to_run(tmp_path: Path) -> None:
    with starting_stack(tmp_path) as stack:
        assert end_of(stack) == (1, f"hotroute: There is no Procfile in {tmp_path}. Run this in the project's folder")


def test_a_closed_standard_output_does_not_stop_it(tmp_path: Path) -> None:
    """As with a terminal that is gone, or `hotroute up | head -1`."""
    root = write(tmp_path)
    environ = {name: str(free_port()) for name in PORTS}
    with server(["/bin/sh", "-c", "hotroute up | head -1"], environ, cwd=root) as shell:
        shell.wait_for(lambda: status(int(environ["HTTP_PORT"]), "/") == 308, "the proxy answers")
        [up] = [one for one in descendants(shell) if "hotroute up" in " ".join(one.cmdline())]
        up.terminate()
        shell.process.wait(timeout=60)
        assert len(shell.output().splitlines()) == 1
        assert free(environ)


def test_nginx_has_nothing_to_complain_about_while_the_application_starts(tmp_path: Path) -> None:
    with stack(write(tmp_path, web=f"sleep 1; exec {WEB}")) as running:
        assert "[error]" not in running.server.output()


def test_the_stack_also_runs_over_a_unix_socket(tmp_path: Path) -> None:
    with stack(write(tmp_path), {"GUNICORN_BIND": f"unix:{tmp_path}/app.sock"}) as running:
        response, _ = running.get("/readyz")
        assert response.status == 200


IMPATIENT = "import os, pathlib, sys; from hotroute.serving.stack import up; up.READY_SECONDS = 2; "
IMPATIENT += "sys.exit(up.up(os.environ, pathlib.Path.cwd()))"


def test_a_stack_that_does_not_become_ready_says_why_and_stops(tmp_path: Path) -> None:
    environ = {name: str(free_port()) for name in PORTS} | {"UNREADY": "the database is away"}
    with server([sys.executable, "-c", IMPATIENT], environ, cwd=write(tmp_path)) as up:
        code, last = end_of(up)
        assert code == 1
        assert last == "Not ready after 2 s: /readyz answers 503 the database is away; everything was stopped."
        assert free(environ)


def test_a_procfile_is_read_in_its_order_without_comments(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("# web: no\n\nrelease: a: b\nweb-1:  gunicorn x:y\n not: one\n")
    assert list(procfile(tmp_path).items()) == [("release", "a: b"), ("web-1", "gunicorn x:y")]


def test_lines_of_a_part_are_coloured_on_a_terminal_only() -> None:
    screen, now = Console(["web", "proxy"]), dt.datetime(2024, 2, 29, 23, 59, 58, tzinfo=dt.UTC)
    screen.is_coloured = False
    assert screen.prefix("web", now) == "23:59:58 web   | "
    screen.is_coloured = True
    assert screen.prefix("proxy", now) == "\033[0m\033[33m23:59:58 proxy | \033[0m"
