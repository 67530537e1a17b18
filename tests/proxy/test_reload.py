"""A new certificate, or another setting, without a lost request.

Short by default. PROVE_EVENTS=20 and PROVE_REQUESTS=20000 are the full counts.
"""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from hotroute.serving.nginx import inspect
from tests.proxy.sockets import Authority, encrypted
from tests.servers import PROGRAMS, ROOT, Proxy, gunicorn_server, nginx_server, wait_until
from tests.serving.conftest import APP
from tests.serving.load import Load

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
    environ = {**proxy.server.environ, **changes}
    command = (PROGRAMS / "hotroute", "nginx", "--reload")
    return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)


def workers(proxy: Proxy) -> set[int]:
    return {child.pid for child in psutil.Process(proxy.server.pid).children()}


def certificate(proxy: Proxy) -> bytes | None:
    with encrypted(proxy.https_port, proxy.trust) as connection:
        return connection.getpeercert(binary_form=True)


def shows_another(proxy: Proxy, known: bytes | None) -> Callable[[], bool]:
    return lambda: certificate(proxy) != known


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
    before = workers(proxy)
    assert reload(proxy, MAX_BODY_BYTES="3").returncode == 0
    wait_until(lambda: not before & workers(proxy), "new workers")
    assert proxy.request("POST", "/post", b"1234")[0].status == 413


def test_a_setting_that_cannot_be_used_is_named_and_nginx_goes_on(proxy: Proxy, tmp_path: Path) -> None:
    before = workers(proxy)
    wrong = reload(proxy, MAX_BODY_BYTES="much")
    assert (wrong.returncode, wrong.stderr.startswith("hotroute: MAX_BODY_BYTES: ")) == (1, True)
    broken = tmp_path / "broken.pem"
    broken.write_text("no certificate")
    wrong = reload(proxy, TLS_CERTIFICATE=str(broken))
    assert wrong.returncode == 1
    assert "Nginx goes on as it was" in wrong.stderr
    assert "cannot load certificate" in wrong.stderr
    assert workers(proxy) == before
    assert proxy.get("/pid")[0].status == 200


def test_where_no_nginx_runs_that_is_said(tmp_path: Path) -> None:
    environ = {**os.environ, "APP_ENV": "development", "DATA_DIR": str(tmp_path)}
    command = (PROGRAMS / "hotroute", "nginx", "--reload")
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"hotroute: DATA_DIR: no Nginx runs in {tmp_path}")
