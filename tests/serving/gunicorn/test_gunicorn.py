"""Gunicorn as it runs, without a proxy."""

import json
import os
import signal
import socket
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from hotroute.serving.gunicorn.config import heartbeat_folder
from tests.servers import PROGRAMS, ROOT, Server, clean_environment, gunicorn_server, wait_until
from tests.serving.conftest import APP

PASS_ON = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.execve(sys.argv[2], sys.argv[2:], os.environ | {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())})
"""


def get(server: Server, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, object]]:
    connection = HTTPConnection("127.0.0.1", int(server.environ["APP_PORT"]), timeout=10)
    connection.request("GET", path, headers=headers or {})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, json.loads(body) if response.status == 200 else {}


def test_the_application_is_imported_once_before_the_fork(gunicorn: Server) -> None:
    _, told = get(gunicorn, "/pid")
    assert told["imported_by"] == gunicorn.pid
    assert told["pid"] != gunicorn.pid


def test_each_worker_runs_what_was_registered_for_after_the_fork(gunicorn: Server) -> None:
    _, told = get(gunicorn, "/pid")
    assert told["forked"] == [told["pid"]]


def test_what_was_imported_is_not_looked_at_by_the_collector_again(gunicorn: Server) -> None:
    _, told = get(gunicorn, "/pid")
    assert int(str(told["frozen"])) > 10_000


def test_a_worker_that_is_told_to_stop_while_it_starts_does_stop(tmp_path: Path) -> None:
    environ = {"GUNICORN_WORKERS": "1", "STOP_THE_FIRST_WORKER": str(tmp_path / "mark")}
    with gunicorn_server(APP, environ) as running:
        running.wait_for(lambda: running.output().count("Booting worker") == 2, "another worker takes its place")
        assert "Exception in worker process" not in running.output()


def test_a_worker_that_stops_has_written_the_lines_of_all_its_requests() -> None:
    with gunicorn_server("tests.serving.app:logged") as running:
        for number in range(20):
            get(running, f"/last-{number}")
        os.kill(running.pid, signal.SIGTERM)
        running.process.wait(timeout=30)
        lines = [json.loads(line) for line in running.output().splitlines()]
        asked = {line["path"] for line in lines if line["logger"] == "hotroute.request"}
        assert {path for path in asked if "last" in path} == {f"/last-{number}" for number in range(20)}


def test_there_are_as_many_workers_as_asked_for(gunicorn: Server) -> None:
    with gunicorn_server(APP, {"GUNICORN_WORKERS": "3"}) as running:
        wait_until(lambda: len(psutil.Process(running.pid).children()) == 3, "three workers")


def test_a_header_cannot_set_the_name_of_the_script(gunicorn: Server) -> None:
    status, told = get(gunicorn, "/headers", {"SCRIPT_NAME": "/evil", "Script-Name": "/evil"})
    assert status == 200
    assert told.get("HTTP_SCRIPT_NAME") == "/evil"


def test_no_socket_is_open_through_which_gunicorn_could_be_steered(tmp_path: Path) -> None:
    """It would be in the home folder, made before the master listens to its first signal: here, one worker more."""
    with gunicorn_server(APP, {"HOME": str(tmp_path), "GUNICORN_WORKERS": "1"}) as running:
        os.kill(running.pid, signal.SIGTTIN)
        running.wait_for(lambda: len(psutil.Process(running.pid).children()) == 2, "a second worker")
        assert list(tmp_path.iterdir()) == []


def test_gunicorn_writes_no_access_log_of_its_own(gunicorn: Server) -> None:
    get(gunicorn, "/not-to-be-logged")
    assert "not-to-be-logged" not in gunicorn.output()


def test_gunicorn_writes_an_access_log_when_asked_to() -> None:
    with gunicorn_server(APP, {"GUNICORN_ACCESSLOG": "-"}) as running:
        get(running, "/to-be-logged")
        wait_until(lambda: "/to-be-logged" in running.output(), "a line in the access log")


def test_gunicorn_logs_json(gunicorn: Server) -> None:
    first = json.loads(gunicorn.output().splitlines()[0])
    assert first["message"].startswith("Starting gunicorn")


def test_gunicorn_itself_reads_the_table() -> None:
    """Among others that heartbeats are in shared memory where there is any."""
    told = subprocess.check_output(
        [PROGRAMS / "gunicorn", "--print-config", APP], cwd=ROOT, env=clean_environment(), text=True, timeout=60
    )
    printed = {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in told.splitlines())}
    assert printed["worker_tmp_dir"] == str(heartbeat_folder())
    assert printed["worker_class"] == "hotroute.serving.gunicorn.worker.Worker"
    assert printed["preload_app"] == printed["control_socket_disable"] == "True"
    assert printed["forwarder_headers"] == "[]"


def test_a_unix_socket_is_only_for_its_user_and_group(tmp_path: Path) -> None:
    path = tmp_path / "app.sock"
    process = subprocess.Popen(
        [PROGRAMS / "gunicorn", APP],
        cwd=ROOT,
        env=clean_environment() | {"GUNICORN_BIND": f"unix:{path}"},
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(path.exists, "the socket")
        assert path.stat().st_mode & 0o007 == 0
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert not path.exists()


def test_a_socket_held_outside_is_used_as_systemd_passes_it() -> None:
    """LISTEN_FDS and LISTEN_PID, sd_listen_fds(3): the descriptors begin at 3."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-c", PASS_ON, str(held.fileno()), PROGRAMS / "gunicorn", APP],
            cwd=ROOT,
            env=clean_environment(),
            pass_fds=[held.fileno()],
            stderr=subprocess.DEVNULL,
        )
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("GET", "/pid")
            assert connection.getresponse().status == 200
            connection.close()
        finally:
            process.terminate()
            process.wait(timeout=30)


@pytest.mark.parametrize(("name", "text"), [("GUNICORN_THREADS", "none"), ("GUNICORN_TIMEOUT", "soon")])
def test_gunicorn_does_not_start_with_a_wrong_setting_and_names_it(name: str, text: str) -> None:
    done = subprocess.run(
        [PROGRAMS / "gunicorn", APP],
        cwd=ROOT,
        env=clean_environment() | {name: text},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"Gunicorn does not start: {name}: '{text}'")
