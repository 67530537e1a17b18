"""The environment that `hotroute up` gives to the parts."""

import re
import socket
from pathlib import Path

import pytest

from hotroute.serving.stack import dev_environment, ports
from hotroute.settings import SettingError
from hotroute.settings.serving import PORTS
from tests.servers import free_port

pytestmark = pytest.mark.unit


def environment(root: Path, **environ: str) -> dict[str, str]:
    return dev_environment.environment(environ, root, print)


def test_development_is_the_default_of_a_developers_machine(tmp_path: Path) -> None:
    chosen = environment(tmp_path)
    assert chosen["APP_ENV"] == "development"
    assert chosen["CORS_ORIGINS"] == "*"
    assert (chosen["LOGIN_BURST"], chosen["WRITE_BURST"]) == ("1000", "1000"), "API tests come from one address"
    assert chosen["TRUSTED_PROXIES"] == "1"
    assert chosen["DATA_DIR"] == str(tmp_path / "instance")
    assert chosen["REDIS_URL"] == "redis://127.0.0.1:6380/0"
    assert {name: chosen[name] for name in PORTS} == {
        "HTTP_PORT": "8080",
        "HTTPS_PORT": "8443",
        "APP_PORT": "8000",
        "REDIS_PORT": "6380",
        "JOBS_REDIS_PORT": "6381",
        "JOBS_STREAM_PORT": "8001",
    }


def test_a_secret_is_made_once_and_printed_and_kept_for_its_owner(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = environment(tmp_path)["SECRET_KEY"]
    assert re.fullmatch("[0-9a-f]{64}", made)
    assert made in capsys.readouterr().out
    assert (tmp_path / "instance" / "development.env").stat().st_mode & 0o777 == 0o600
    assert environment(tmp_path)["SECRET_KEY"] == made
    assert capsys.readouterr().out == ""


def test_the_profilers_password_is_made_beside_a_key_that_was_kept_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "instance").mkdir()
    (tmp_path / "instance" / "development.env").write_text("SECRET_KEY=kept\n")
    chosen = environment(tmp_path)
    assert chosen["SECRET_KEY"] == "kept"
    assert len(chosen["PROFILER_PASSWORD"]) >= 12
    assert chosen["PROFILER_PASSWORD"] in capsys.readouterr().out
    assert environment(tmp_path)["PROFILER_PASSWORD"] == chosen["PROFILER_PASSWORD"]


def test_the_file_env_is_read_and_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text('HTTP_PORT=8081\nHTTPS_PORT=8444\nSECRET_KEY="a # b"\nPROFILER_PASSWORD=c\n')
    chosen = environment(tmp_path, HTTP_PORT="8082")
    assert (chosen["HTTP_PORT"], chosen["HTTPS_PORT"], chosen["SECRET_KEY"]) == ("8082", "8444", "a # b")
    assert not (tmp_path / "instance").exists()


def test_production_is_given_no_secret_and_no_open_origin(tmp_path: Path) -> None:
    chosen = environment(tmp_path, APP_ENV="production")
    assert "SECRET_KEY" not in chosen
    assert {"CORS_ORIGINS", "LOGIN_BURST", "WRITE_BURST"} & chosen.keys() == set()


def test_what_is_set_is_kept(tmp_path: Path) -> None:
    given = {"REDIS_URL": "redis://elsewhere/1", "TRUSTED_PROXIES": "2", "CORS_ORIGINS": "https://a.example"}
    assert given.items() <= environment(tmp_path, **given).items()


def test_free_ports_pass() -> None:
    ports.check(some_ports())


def test_a_taken_port_is_named() -> None:
    environ = some_ports()
    with (
        socket.create_server(("127.0.0.1", int(environ["APP_PORT"]))),
        pytest.raises(SettingError, match=rf"^APP_PORT: port {environ['APP_PORT']} on 127.0.0.1 .*Set APP_PORT"),
    ):
        ports.check(environ)


def test_two_settings_with_one_port_are_found() -> None:
    environ = some_ports()
    with pytest.raises(SettingError, match=r"^HTTPS_PORT: "):
        ports.check(environ | {"HTTPS_PORT": environ["HTTP_PORT"]})


def some_ports() -> dict[str, str]:
    return {name: str(free_port()) for name in PORTS}
