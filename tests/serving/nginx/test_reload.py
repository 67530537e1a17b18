"""A new certificate, or another setting, without a lost request.

Short by default. PROVE_EVENTS=20 and PROVE_REQUESTS=20000 are the full counts.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hotroute.serving.nginx.binary import inspect
from tests.servers import (
    PROGRAMS,
    ROOT,
    Proxy,
    free_port,
    gunicorn_server,
    listens,
    nginx_server,
    server,
    wait_until,
)
from tests.serving.conftest import APP
from tests.serving.load import Load
from tests.serving.nginx.sockets import Authority, encrypted, plain, request
from tests.serving.nginx.test_errors import changed
from tests.serving.nginx.users import ordinary_folder

EVENTS = int(os.environ.get("PROVE_EVENTS", "2"))
REQUESTS = int(os.environ.get("PROVE_REQUESTS", "1000"))
pytestmark = pytest.mark.timeout(120 + 30 * EVENTS)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "notes").touch()
    return tmp_path / "notes"


@pytest.fixture
def proxy(program: Path, authority: Authority, tmp_path: Path, notes: Path) -> Iterator[Proxy]:
    certificate = authority.certificate(tmp_path, "localhost")
    with (
        gunicorn_server(APP, {"NOTES": str(notes)}) as app,
        nginx_server(
            int(app.environ["APP_PORT"]), {"NGINX_PROGRAM": str(program), **certificate}, authority.trust()
        ) as proxy,
    ):
        yield proxy


def reload(proxy: Proxy, **changes: str) -> subprocess.CompletedProcess[str]:
    return nginx_command(proxy, "--reload", **changes)


def nginx_command(proxy: Proxy, *options: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environ = {**proxy.server.environ, **changes}
    command: list[str | Path] = [PROGRAMS / "hotroute", "nginx", *options]
    return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)


def workers(proxy: Proxy) -> set[int]:
    return {child.pid for child in psutil.Process(proxy.server.pid).children()}


def certificate(proxy: Proxy) -> bytes | None:
    with encrypted(proxy.https_port, proxy.trust) as connection:
        return connection.getpeercert(binary_form=True)


def shows_another(proxy: Proxy, known: bytes | None) -> Callable[[], bool]:
    return lambda: certificate(proxy) != known


@pytest.mark.matrix
def test_a_new_certificate_is_taken_under_load_and_no_request_is_lost(
    proxy: Proxy, authority: Authority, tmp_path: Path, notes: Path
) -> None:
    """An Nginx before 1.27.4 closes kept-alive connections as it reloads: there, each request has its own."""
    stays = inspect(Path(proxy.server.environ["NGINX_PROGRAM"])).since(1, 27, 4)
    load = Load(proxy.https_port, proxy.trust, clients=8, keep_alive=stays, seconds=100 + 25 * EVENTS)
    with load.running(at_least=REQUESTS):
        for _ in range(EVENTS):
            load.wait_for(50)
            before = certificate(proxy)
            authority.certificate(tmp_path, "localhost")
            assert reload(proxy).returncode == 0
            wait_until(shows_another(proxy, before), "the new certificate is shown")
    assert load.failed == []
    assert load.sent >= REQUESTS
    assert load.lost(notes) == set()
    assert load.executed_twice(notes) == []


def test_another_setting_is_taken(proxy: Proxy) -> None:
    assert reload(proxy, MAX_BODY_BYTES="3").returncode == 0
    wait_until(lambda: proxy.request("POST", "/post", b"1234")[0].status == 413, "four bytes are too many")


def test_a_setting_that_cannot_be_used_is_named_and_nginx_goes_on(proxy: Proxy, tmp_path: Path) -> None:
    wait_until(lambda: workers(proxy) != set(), "its workers are there")
    before = workers(proxy)
    wrong = reload(proxy, MAX_BODY_BYTES="much")
    assert (wrong.returncode, wrong.stderr.startswith("hotroute: MAX_BODY_BYTES: ")) == (1, True)
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    wrong = reload(proxy, TLS_CERTIFICATE=str(broken))
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("hotroute: TLS_CERTIFICATE: ")
    assert before <= workers(proxy)
    assert proxy.get("/pid")[0].status == 200


def files(proxy: Proxy) -> dict[str, str]:
    """What the running Nginx would start with again."""
    conf = Path(proxy.server.environ["DATA_DIR"]) / "nginx" / "conf"
    return {path.name: path.read_text() for path in conf.iterdir()}


def test_neither_a_check_nor_a_reload_that_fails_touches_what_runs(proxy: Proxy, tmp_path: Path) -> None:
    before, home = files(proxy), Path(proxy.server.environ["DATA_DIR"]) / "nginx"
    templates = changed(tmp_path / "templates", {"server_tokens off": "server_tokens nonsense"})
    checked = nginx_command(proxy, "--check", UPSTREAMS="10.9.9.9:1")
    assert (checked.returncode, "test is successful" in checked.stdout) == (0, True)
    for option in ("--check", "--reload"):
        failed = nginx_command(proxy, option, NGINX_TEMPLATES=str(templates), UPSTREAMS="10.9.9.9:1")
        assert failed.returncode == 1
        assert 'invalid value "nonsense"' in failed.stderr
    assert files(proxy) == before
    assert len([*home.glob("conf*")]) == 2


def test_after_reloads_only_the_last_configuration_is_kept(proxy: Proxy) -> None:
    for size in ("3", "4"):
        assert reload(proxy, MAX_BODY_BYTES=size).returncode == 0
    home = Path(proxy.server.environ["DATA_DIR"]) / "nginx"
    assert "client_max_body_size 4;" in (home / "conf" / "clients.conf").read_text()
    assert len([*home.glob("conf*")]) == 2


def test_a_second_one_in_the_same_folder_is_refused_and_touches_nothing(proxy: Proxy) -> None:
    before = files(proxy)
    wait_until(lambda: nginx_command(proxy, "--check").returncode == 0, "the first has noted its number")
    second = nginx_command(proxy, UPSTREAMS="10.9.9.9:1")
    assert second.returncode == 1
    assert f"process {proxy.server.pid}" in second.stderr
    assert files(proxy) == before


def test_a_number_that_is_another_programs_by_now_gets_no_signal(proxy: Proxy, tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as other:
        (tmp_path / "nginx").mkdir()
        (tmp_path / "nginx" / "nginx.pid").write_text(f"{other.pid}\n")
        wrong = nginx_command(proxy, "--renew", DATA_DIR=str(tmp_path))
        assert "no Nginx of this user runs" in wrong.stderr
        assert other.poll() is None
        other.kill()


def test_a_reload_goes_on_with_the_program_that_runs_whatever_would_be_chosen_now(proxy: Proxy, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("#!/bin/sh\nexit 3\n")
    other.chmod(0o755)
    assert reload(proxy, NGINX_PROGRAM=str(other)).returncode == 0


HOOK = re.compile(r'--deploy-hook "([^"]+)"')


def documented_hook(proxy: Proxy) -> str:
    """As docs/proxy.md has it, for the folders of this test."""
    hook: str
    [hook] = set(HOOK.findall((ROOT / "docs" / "proxy.md").read_text()))
    known = {"/srv/app/instance": proxy.server.environ["DATA_DIR"], "/srv/app/.venv/bin": str(PROGRAMS)}
    for documented, here in known.items():
        assert documented in hook
        hook = hook.replace(documented, here)
    return hook


def test_the_documented_deploy_hook_needs_no_environment_and_no_folder(
    proxy: Proxy, authority: Authority, tmp_path: Path
) -> None:
    before, known = files(proxy), certificate(proxy)
    authority.certificate(tmp_path, "localhost")
    done = subprocess.run(["/bin/sh", "-c", documented_hook(proxy)], env={}, cwd="/", check=False)
    assert done.returncode == 0
    wait_until(shows_another(proxy, known), "the new certificate is shown")
    assert files(proxy) == before


def test_a_certificate_that_is_not_good_is_not_renewed(proxy: Proxy, tmp_path: Path) -> None:
    known = certificate(proxy)
    (tmp_path / "chain.pem").write_text("no certificate")
    done = nginx_command(proxy, "--renew")
    assert done.returncode == 1
    assert "cannot load certificate" in done.stderr
    assert certificate(proxy) == known


@pytest.fixture
def folder() -> Iterator[Path]:
    with ordinary_folder() as made:
        yield made


def test_the_first_certificate_is_had_with_plain_http_only(program: Path, authority: Authority, folder: Path) -> None:
    """An ACME client's part: a file in the webroot, asked for on the HTTP port, and then there is a certificate."""
    ports = {
        "HTTP_PORT": str(free_port()),
        "HTTPS_PORT": str(free_port()),
    }
    named = {name: str(folder / "chain.pem") for name in ("TLS_CERTIFICATE", "TLS_CERTIFICATE_KEY")}
    production = {"SERVER_NAMES": "localhost", "DATA_DIR": str(folder), "NGINX_PROGRAM": str(program)}
    with server([PROGRAMS / "hotroute", "nginx", "--acme"], ports | named | production) as running:
        running.wait_for(lambda: listens(int(ports["HTTP_PORT"])), "Nginx listens")
        proxy = Proxy(running, int(ports["HTTP_PORT"]), int(ports["HTTPS_PORT"]), authority.trust())
        challenges = folder / "acme" / ".well-known" / "acme-challenge"
        challenges.mkdir(parents=True)
        (challenges / "token").write_text("token.thumbprint")
        response, body = plain(proxy.http_port, request(b"GET /.well-known/acme-challenge/token HTTP/1.1"))
        assert (response.status, body) == (200, b"token.thumbprint")
        assert not listens(proxy.https_port)
        authority.certificate(folder, "localhost")
        assert reload(proxy).returncode == 0
        wait_until(lambda: listens(proxy.https_port), "there is TLS")
        assert proxy.get("/nginx-status")[0].status == 200


def is_ending(worker: psutil.Process) -> bool:
    try:
        return "is shutting down" in " ".join(worker.cmdline())
    except psutil.NoSuchProcess:
        return True


def test_a_transfer_goes_on_while_nginx_is_reloaded(proxy: Proxy) -> None:
    size = 20_000_000
    with encrypted(proxy.https_port, proxy.trust) as connection:
        connection.sendall(request(b"GET /big?bytes=%d HTTP/1.1" % size))
        received = len(connection.recv(65536))
        known = psutil.Process(proxy.server.pid).children()
        assert reload(proxy).returncode == 0
        wait_until(lambda: all(is_ending(worker) for worker in known), "the old workers are told")
        while part := connection.recv(65536):
            received += len(part)
    assert received > size


def test_where_no_nginx_runs_that_is_said(tmp_path: Path) -> None:
    environ = {**os.environ, "APP_ENV": "development", "DATA_DIR": str(tmp_path)}
    command = (PROGRAMS / "hotroute", "nginx", "--reload")
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"hotroute: DATA_DIR: no Nginx of this user runs in {tmp_path}")
