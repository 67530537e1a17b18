"""Secrets as files."""

from pathlib import Path

import pytest

from conduit import config
from hotroute.serving.settings.env import SettingError
from hotroute.serving.settings.secret_files import SECRETS, read_secret_files


def write(folder: Path, text: str) -> str:
    path = folder / f"secret-{len([*folder.iterdir()])}"
    path.write_text(text)
    return str(path)


def test_a_secret_comes_from_its_file_without_the_newline(tmp_path: Path) -> None:
    assert read_secret_files({"REDIS_URL_FILE": write(tmp_path, "redis://:p@h/0\n")}) == {"REDIS_URL": "redis://:p@h/0"}


def test_what_cannot_be_is_refused_by_name(tmp_path: Path) -> None:
    for environ, reason in (
        ({"SECRET_KEY_FILE": str(tmp_path / "none")}, "SECRET_KEY_FILE: .* cannot be read"),
        ({"SECRET_KEY_FILE": write(tmp_path, "\n")}, "SECRET_KEY_FILE: .* is empty"),
        ({"SECRET_KEY_FILE": write(tmp_path, "x"), "SECRET_KEY": "y"}, "SECRET_KEY_FILE: SECRET_KEY is set too"),
    ):
        with pytest.raises(SettingError, match=reason):
            read_secret_files(environ)


def test_the_application_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", write(tmp_path, "k" * 32))
    monkeypatch.setenv("PROFILER_PASSWORD", "p" * 12)
    assert config.load().secret_key.get_secret_value() == "k" * 32
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(config.ConfigurationError, match=r"SECRET_KEY_FILE: .* cannot be read"):
        config.load()
