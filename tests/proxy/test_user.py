"""Nginx needs no privileges where its ports need none, and gives them up where it was given some."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hotroute.serving import nginx_conf
from hotroute.serving.nginx import command, inspect
from tests.servers import ROOT, free_port, listens, server

NOBODY = 65534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder of an ordinary user's: nobody's, if root runs the tests."""
    with tempfile.TemporaryDirectory(prefix="hotroute-") as made:
        if os.geteuid() == 0:
            os.chown(made, NOBODY, NOBODY)
        yield Path(made)


def render(program: Path, folder: Path) -> tuple[list[str], int]:
    """How to start it, from a program that everyone may read, and its port."""
    port = free_port()
    environ = {
        "APP_ENV": "development",
        "DATA_DIR": str(folder),
        "HTTPS_PORT": str(port),
        "HTTP_PORT": str(free_port()),
    }
    copied = Path(shutil.copy(program, folder / "program"))
    conf = nginx_conf.render(environ, inspect(copied), ROOT / "nginx")
    if os.geteuid() == 0:
        for path in folder.rglob("*"):
            os.chown(path, NOBODY, NOBODY)
    return command(inspect(copied), conf), port


def users(pid: int) -> set[int]:
    """Of the workers."""
    return {child.uids().effective for child in psutil.Process(pid).children()}


def test_an_ordinary_user_can_run_it(program: Path, folder: Path) -> None:
    started, port = render(program, folder)
    with server(started, {}, cwd=folder, user=NOBODY if os.geteuid() == 0 else None) as running:
        running.wait_for(lambda: listens(port) and bool(users(running.pid)), "Nginx listens, and has workers")
        assert psutil.Process(running.pid).uids().effective == users(running.pid).pop() != 0
        assert "[emerg]" not in running.output()


def test_workers_are_the_owner_of_the_data_folder_whoever_starts_it(program: Path, folder: Path) -> None:
    started, port = render(program, folder)
    with server(started, {}, cwd=folder) as running:
        running.wait_for(lambda: listens(port), "Nginx listens")
        running.wait_for(lambda: users(running.pid) == {folder.stat().st_uid}, "the workers are its owner")
