"""The table of Gunicorn's settings, checked against Gunicorn itself."""

from pathlib import Path

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]

from hotroute.serving.gunicorn.config import NAMES, QuietLogger, heartbeat_folder, settings
from hotroute.settings import SettingError

ANOTHER = {
    "bind": "127.0.0.1:1234,unix:/tmp/x.sock",
    "worker_class": "sync",
    "worker_tmp_dir": "/tmp",
    "umask": "0o077",
    "preload_app": "false",
    "control_socket_disable": "false",
    "forwarded_allow_ips": "10.0.0.0/8,::1",
    "forwarder_headers": "SCRIPT_NAME",
    "accesslog": "-",
    "loglevel": "warning",
}
"""A value other than the default; 17 for the settings that are numbers."""

WRONG = {
    "preload_app": "perhaps",
    "control_socket_disable": "perhaps",
    "forwarded_allow_ips": "everyone",
    "loglevel": "loud",
    "bind": "127.0.0.1:http",
    "worker_class": "nonsense.Worker",
    "worker_tmp_dir": "~/here",
    "accesslog": "/not-there/access.log",
}


def configured(environ: dict[str, str]) -> Config:
    """Gunicorn's own idea of what gunicorn.conf.py says."""
    config = Config()
    for name, value in settings(environ).items():
        config.set(name, value)
    return config


def variable(name: str) -> str:
    return f"GUNICORN_{name.upper()}"


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_one_of_gunicorns(name: str) -> None:
    assert name in Config().settings


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_is_overridden_by_its_variable(name: str) -> None:
    text = ANOTHER.get(name, "17")
    expected = Config()
    expected.set(name, text.split(",") if name == "bind" else text)
    chosen = configured({variable(name): text}).settings[name].get()
    assert chosen == expected.settings[name].get()
    assert chosen != configured({}).settings[name].get()


@pytest.mark.parametrize("name", NAMES)
def test_a_value_that_gunicorn_does_not_take_is_named(name: str) -> None:
    with pytest.raises(SettingError, match=variable(name)):
        settings({variable(name): WRONG.get(name, "a few")})


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_variable_counts_as_unset(name: str) -> None:
    empty, unset = configured({variable(name): ""}), configured({})
    assert empty.settings[name].get() == unset.settings[name].get()


def test_gunicorn_listens_on_the_port_of_the_application_by_default() -> None:
    assert configured({}).bind == ["127.0.0.1:8000"]
    assert configured({"APP_PORT": "8123", "APP_ADDRESS": "::1"}).address == [("::1", 8123)]


@pytest.mark.parametrize("bind", ["unix:/run/app.sock", "fd://3", "0.0.0.0:80"])
def test_the_socket_may_be_of_another_kind(bind: str) -> None:
    assert configured({"GUNICORN_BIND": bind}).bind == [bind]


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1"])
def test_a_port_that_is_none_is_named(port: str) -> None:
    with pytest.raises(SettingError, match=r"^APP_PORT: "):
        settings({"APP_PORT": port})


def test_connections_outlive_the_proxys_idea_of_them() -> None:
    upstream = Path("src/hotroute/serving/nginx/templates/upstream.conf.j2").read_text()
    assert "keepalive_timeout 1s;" in upstream
    assert configured({}).keepalive > 1


def test_the_log_level_of_the_application_is_gunicorns_too() -> None:
    assert configured({"LOG_LEVEL": "ERROR"}).loglevel == "error"
    assert configured({"LOG_LEVEL": "ERROR", "GUNICORN_LOGLEVEL": "debug"}).loglevel == "debug"


def test_no_time_is_spent_on_an_access_log_that_nobody_reads() -> None:
    """Gunicorn's own logger would put a line together for every request, because there is a logconfig_dict."""
    logger = QuietLogger.__new__(QuietLogger)
    logger.cfg = configured({})
    assert not logger.access_log_enabled
    logger.cfg = configured({"GUNICORN_ACCESSLOG": "-"})
    assert logger.access_log_enabled


@pytest.mark.parametrize(
    ("mounts", "expected"),
    [
        ("tmpfs {folder} tmpfs rw 0 0\n", True),
        ("/dev/sda1 {folder} ext4 rw 0 0\n", False),
        ("tmpfs /elsewhere tmpfs rw 0 0\n", False),
        ("", False),
    ],
)
def test_heartbeats_are_in_memory_where_there_is_a_tmpfs(tmp_path: Path, mounts: str, expected: bool) -> None:
    (tmp_path / "mounts").write_text(mounts.format(folder=tmp_path))
    assert heartbeat_folder(tmp_path / "mounts", tmp_path) == (str(tmp_path) if expected else None)


def test_a_system_without_a_list_of_mounts_keeps_gunicorns_default(tmp_path: Path) -> None:
    assert heartbeat_folder(tmp_path / "missing", tmp_path) is None
