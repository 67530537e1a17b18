"""Nginx needs no privileges where its ports need none, and its workers give them up where it was given some."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from hotroute.serving.nginx import render, runtime_dir
from hotroute.serving.nginx.binary import command, inspect
from hotroute.settings import SettingError
from tests.servers import ROOT, Proxy, free_port, listens, nginx_server, server
from tests.serving.nginx.sockets import Authority, encrypted, request
from tests.serving.nginx.users import NOBODY, ordinary_folder

SIZE = 20_000_000
"""More than the kernel and Nginx's memory hold: it passes through a temporary file."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with ordinary_folder() as made:
        yield made


def users(pid: int) -> set[int]:
    """Of the workers."""
    return {child.uids().effective for child in psutil.Process(pid).children()}


def test_an_ordinary_user_can_run_it(program: Path, folder: Path) -> None:
    """From a program that everyone may read: the tests' own may be root's."""
    port = free_port()
    ports = {"HTTPS_PORT": str(port), "HTTP_PORT": str(free_port())}
    copied = inspect(Path(shutil.copy(program, folder / "program")))
    environ = {"APP_ENV": "development", "DATA_DIR": str(folder), **ports}
    conf = render.render(environ, copied, ROOT / "nginx")
    if os.geteuid() == 0:
        for path in folder.rglob("*"):
            os.chown(path, NOBODY, NOBODY)
    with server(command(copied, conf), {}, cwd=folder, user=NOBODY if os.geteuid() == 0 else None) as running:
        running.wait_for(lambda: listens(port) and bool(users(running.pid)), "Nginx listens, and has workers")
        assert psutil.Process(running.pid).uids().effective == users(running.pid).pop() != 0
        assert "[emerg]" not in running.output()


@pytest.fixture
def site(program: Path, folder: Path, authority: Authority, app_port: int) -> Iterator[Proxy]:
    """As in production: by whoever runs the tests, in a folder of an ordinary user's."""
    chosen = {
        "APP_ENV": "production",
        "DATA_DIR": str(folder),
        "NGINX_PROGRAM": str(program),
        "SERVER_NAMES": "localhost",
        **authority.certificate(folder, "localhost"),
    }
    with nginx_server(app_port, chosen, authority.trust()) as proxy:
        yield proxy


def test_workers_are_the_owner_of_the_data_folder_whoever_starts_it(site: Proxy, folder: Path) -> None:
    site.server.wait_for(lambda: users(site.server.pid) == {folder.stat().st_uid}, "the workers are its owner")


def test_what_does_not_fit_into_memory_passes_whoever_starts_it(site: Proxy) -> None:
    assert site.request("POST", "/post", b"x" * 100_000)[0].status == 200
    with encrypted(site.https_port, site.trust) as connection:
        connection.sendall(request(b"GET /big?bytes=%d HTTP/1.1" % SIZE))
        # Not read before all of it has been sent to Nginx, which is when the application is free again.
        assert site.get("/pid")[0].status == 200
        received = 0
        while part := connection.recv(65536):
            received += len(part)
    assert received > SIZE
    assert "[crit]" not in site.server.output()


def test_the_workers_may_not_change_what_root_started_them_with(site: Proxy) -> None:
    home = Path(site.server.environ["DATA_DIR"]) / "nginx"
    assert home.stat().st_uid == os.geteuid()
    assert not home.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO)


@pytest.fixture
def as_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotroute.serving.nginx.runtime_dir.os.geteuid", lambda: 0)


@pytest.mark.parametrize("data", ["/", "/not-there"])
def test_root_is_told_to_give_the_data_folder_to_an_ordinary_user(as_root: None, data: str) -> None:
    with pytest.raises(SettingError, match=r"^DATA_DIR: .* must be there and not be root's: install -d -o USER"):
        runtime_dir.user({"DATA_DIR": data})


def test_an_owner_without_a_name_is_told_of(as_root: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pwd.getpwuid", {}.__getitem__)
    with pytest.raises(SettingError, match=r"^DATA_DIR: .* has no name on this machine"):
        runtime_dir.user({"DATA_DIR": str(tmp_path), "APP_ENV": "development"})


def test_another_users_nginx_is_left_to_that_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime_dir.make({"DATA_DIR": str(tmp_path), "APP_ENV": "development"})
    monkeypatch.setattr("hotroute.serving.nginx.runtime_dir.os.geteuid", lambda: NOBODY)
    with pytest.raises(SettingError, match=r"^DATA_DIR: .*run this as its owner"):
        runtime_dir.make({"DATA_DIR": str(tmp_path), "APP_ENV": "development"})
