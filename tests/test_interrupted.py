"""A test run that is ended by TERM leaves none of the servers that it started behind."""

import secrets
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.servers import ROOT, clean_environment, wait_until

# The sum of what each step may take on a busy machine.
pytestmark = [pytest.mark.timeout(300), pytest.mark.matrix]

PROGRAM = """
import signal
from pathlib import Path
import psutil
import psycopg
from tests.servers import gunicorn_server, nginx_server


def test_nothing(postgresql_url: str, redis_url: str) -> None:
    with gunicorn_server("wsgi:app", ENVIRON) as gunicorn:
        with nginx_server(int(gunicorn.environ["APP_PORT"])):
            with psycopg.connect(postgresql_url) as connection:
                postmaster = psutil.Process(connection.info.backend_pid).ppid()
            Path(MADE).write_text(str(postmaster))
            Path(MADE).rename(STARTED)
            signal.pause()
"""


@pytest.mark.parametrize("options", [["-p", "no:xdist"], ["--numprocesses=1"]], ids=["alone", "xdist"])
def test_a_run_that_is_ended_by_term_leaves_nothing_behind(tmp_path: Path, options: list[str]) -> None:
    file = ROOT / "tests" / f"test_made_{secrets.token_hex(8)}.py"
    environ = {"SECRET_KEY": "a secret for tests, longer than thirty-two bytes", "CACHE_ENABLED": "false"}
    constants = f"ENVIRON = {environ!r}\nMADE = {str(tmp_path / 'made')!r}\nSTARTED = {str(tmp_path / 'started')!r}\n"
    file.write_text(constants + PROGRAM)
    try:
        end_when_started(file, tmp_path, options)
    finally:
        file.unlink()


def end_when_started(file: Path, folder: Path, options: list[str]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", *options, str(file)]
    with (folder / "output").open("wb") as output:
        run = subprocess.Popen(command, cwd=ROOT, env=clean_environment(), stdout=output, stderr=output)
    wait_until((folder / "started").exists, "the servers run", 100)
    # PostgreSQL is no child of the run any more.
    postmaster = psutil.Process(int((folder / "started").read_text()))
    started = [postmaster, *psutil.Process(run.pid).children(recursive=True)]
    assert len(started) > 4
    run.send_signal(signal.SIGTERM)
    run.wait(timeout=60)
    assert run.returncode != 0
    wait_until(lambda: not any(map(is_alive, started)), f"they have ended: {started}", 20)


def is_alive(process: psutil.Process) -> bool:
    """Return False for a zombie too: where nobody reaps, it stays."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
